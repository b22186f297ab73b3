//! The card's number in packets that it offers: a configuration write with another number does not change them.

use lumenport_hdl::dma::read_request::ReadRequest;
use lumenport_hdl::pcie::Messages;
use lumenport_hdl::testbench::{connected, settle};

const OLD: u32 = 0x0100;
const NEW: u32 = 0x0508;
/// Clocks that each DW waits before it is taken.
const STALL_CLOCKS: usize = 3;

/// One clock: the inputs of `$apply` with the clock low, then the rising edge.
macro_rules! clock {
    ($uut:ident, $($signal:ident = $value:expr),*) => {
        $uut.clock.next = false.into();
        $($uut.$signal.next = $value;)*
        settle(&mut $uut);
        $uut.clock.next = true.into();
        settle(&mut $uut);
    };
}

/// Takes one packet, each DW after a stall; the number changes `$change` clocks after the first DW was offered.
macro_rules! packet {
    ($uut:ident, $valid:ident, $ready:ident, $last:ident, $data:ident, $change:expr) => {{
        let mut dws = Vec::new();
        let mut offered = None;
        let mut ended = false;
        for clock in 0..40 {
            $uut.clock.next = false.into();
            $uut.$ready.next = clock % (STALL_CLOCKS + 1) == STALL_CLOCKS;
            if clock == $change {
                $uut.requester_id.next = u64::from(NEW).into();
            }
            settle(&mut $uut);
            if $uut.$valid.val() && !ended {
                let dw = $uut.$data.val().to_u32();
                if let Some(before) = offered.replace(dw) {
                    assert_eq!(
                        before, dw,
                        "an offered DW changed in clock {clock}, number in {}",
                        $change
                    );
                }
                if $uut.$ready.val() {
                    dws.push(dw);
                    offered = None;
                    ended = $uut.$last.val();
                }
            }
            $uut.clock.next = true.into();
            settle(&mut $uut);
        }
        assert!(ended, "no whole packet in 40 clocks");
        dws
    }};
}

#[test]
fn a_message_keeps_the_number_it_began_with() {
    for change in 0..20 {
        let mut uut = connected(Messages::default());
        clock!(uut, reset = true);
        let number = u64::from(OLD).into();
        clock!(
            uut,
            reset = false,
            requester_id = number,
            fatal_strobe = true
        );
        clock!(uut, fatal_strobe = false);
        let dws = packet!(uut, valid, ready, last, data, change);
        assert_eq!(dws, [0x3000_0000, OLD << 16 | 0x33, 0, 0], "{change}");
    }
}

#[test]
fn a_read_request_keeps_the_number_it_began_with() {
    for change in 0..20 {
        let mut uut = connected(ReadRequest::default());
        clock!(uut, reset = true);
        let number = u64::from(OLD).into();
        clock!(uut, reset = false, requester_id = number, tag = 9u64.into());
        uut.host_lo.next = 0x1234_5670u64.into();
        uut.host_hi.next = 2u64.into();
        uut.dws.next = 4u64.into();
        uut.be.next = 0xFFu64.into();
        clock!(uut, start_strobe = true);
        clock!(uut, start_strobe = false);
        let dws = packet!(uut, tx_valid, tx_ready, tx_last, tx_data, change);
        let expected = [0x2000_0004, OLD << 16 | 0x09FF, 2, 0x1234_5670];
        assert_eq!(dws, expected, "{change}");
    }
}
