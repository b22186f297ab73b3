//! The whole card: its generated Verilog is legal, and it answers the first configuration read.

use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::sim_card::SimCard;
use lumenport_hdl::testbench::{connected, cycle};

fn card() -> SimCard {
    connected(SimCard::new(0, false))
}

#[test]
fn generated_verilog_elaborates() {
    let uut = card();
    check_all(&uut).expect("connections and loops are in order");
    elaborate::check("card_sim_card", &uut);
}

#[test]
fn first_configuration_read_tells_vendor_and_device() {
    let mut uut = card();
    let request = [0x0400_0001_u32, 0x0000_000F, 0x0100_0000];
    let mut sent = 0;
    let mut answer = Vec::new();
    for _ in 0..200 {
        let (taken, beat) = cycle(
            &mut uut,
            |u, level| u.sys_clock.next = level.into(),
            |u| {
                u.rx_valid.next = sent < request.len();
                u.rx_data.next = u64::from(request.get(sent).copied().unwrap_or(0)).into();
                u.rx_last.next = sent + 1 == request.len();
                u.tx_ready.next = true;
                u.credit_infinite.next = 0x3Fu64.into();
            },
            |u| {
                let beat = u.tx_valid.val().then(|| u.tx_data.val().index() as u32);
                (u.rx_ready.val() && u.rx_valid.val(), beat)
            },
        );
        sent += usize::from(taken);
        answer.extend(beat);
    }
    assert_eq!(
        answer.len(),
        4,
        "a completion with one DW of data: {answer:08x?}"
    );
    assert_eq!(answer[0], 0x4A00_0001, "CplD, one DW");
    assert_eq!(answer[3].swap_bytes(), 0x1111_1234, "device and vendor");
}
