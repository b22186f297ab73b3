//! Our packets read by a parser that others wrote.
//!
//! `rtlp-lib` parses and does not build, which makes it a one-way oracle: every packet emitted here must mean the same to it. It has
//! no accessor for length, TD, EP and attributes in this mode (the length is in its `Display` text only), so those are covered by
//! our own round trip alone.

use pcie_tlp::{
    CompletionHeader, CompletionStatus, ConfigRequest, FunctionId, Header, IoRequest,
    MemoryRequest, MessageHeader, Tlp,
};
use proptest::test_runner::{Config, TestRunner};
use rtlp_lib::{
    TlpFmt, TlpMode, TlpPacket, TlpType, new_cmpl_req, new_conf_req, new_mem_req, new_msg_req,
};

mod values;
use values::{OwnedTlp, any_tlp};

/// Enough for every field to meet every bit pattern many times.
const CASES: u32 = 120_000;

#[test]
fn another_parser_reads_our_packets_alike() {
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        ..Config::default()
    });
    runner
        .run(&any_tlp(), |owned: OwnedTlp| {
            let tlp = owned.borrow();
            let mut words = vec![0; tlp.encoded_len()];
            tlp.emit(&mut words).unwrap();
            compare(&tlp, &words);
            Ok(())
        })
        .unwrap();
}

fn compare(tlp: &Tlp<'_>, words: &[u32]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let theirs = TlpPacket::new(bytes, TlpMode::NonFlit).unwrap();
    let format = theirs.tlp_format().unwrap();
    assert_eq!(
        theirs.header().get_tc(),
        u32::from(tlp.attributes.traffic_class)
    );
    assert_eq!(theirs.tlp_type().unwrap(), expected_type(tlp));
    let (wide, data) = match format {
        TlpFmt::NoDataHeader3DW => (false, false),
        TlpFmt::NoDataHeader4DW => (true, false),
        TlpFmt::WithDataHeader3DW => (false, true),
        TlpFmt::WithDataHeader4DW => (true, true),
        TlpFmt::TlpPrefix => panic!("no prefix was emitted"),
    };
    assert_eq!(data, !tlp.payload.is_empty());
    let header_bytes = if wide { 12 } else { 8 };
    let payload: Vec<u8> = tlp
        .payload
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect();
    assert_eq!(theirs.data()[header_bytes..][..payload.len()], payload);

    match tlp.header {
        Header::MemoryRead(ours) | Header::MemoryWrite(ours) => {
            let MemoryRequest {
                requester,
                tag,
                address,
                first_be,
                last_be,
                ..
            } = ours;
            let theirs = new_mem_req(theirs.data(), &format).unwrap();
            assert_eq!(wide, address >> 32 != 0);
            assert_eq!((theirs.req_id(), theirs.tag()), (requester.bits(), tag));
            assert_eq!(theirs.address(), address);
            assert_eq!((theirs.fdwbe(), theirs.ldwbe()), (first_be, last_be));
        }
        Header::IoRead(ours) | Header::IoWrite(ours) => {
            let IoRequest {
                requester,
                tag,
                address,
                first_be,
            } = ours;
            let theirs = new_mem_req(theirs.data(), &format).unwrap();
            assert_eq!((theirs.req_id(), theirs.tag()), (requester.bits(), tag));
            assert_eq!(theirs.address(), u64::from(address));
            assert_eq!((theirs.fdwbe(), theirs.ldwbe()), (first_be, 0));
        }
        Header::ConfigRead(ours) | Header::ConfigWrite(ours) => {
            let ConfigRequest {
                requester,
                tag,
                target,
                offset,
                ..
            } = ours;
            let theirs = new_conf_req(theirs.data()).unwrap();
            assert_eq!((theirs.req_id(), theirs.tag()), (requester.bits(), tag));
            let id = FunctionId::new(theirs.bus_nr(), theirs.dev_nr(), theirs.func_nr());
            assert_eq!(id, target);
            assert_eq!(
                u16::from(theirs.ext_reg_nr()) << 8 | u16::from(theirs.reg_nr()) << 2,
                offset
            );
        }
        Header::Completion(ours) => {
            let CompletionHeader {
                completer,
                status,
                byte_count,
                requester,
                tag,
                ..
            } = ours;
            let theirs = new_cmpl_req(theirs.data()).unwrap();
            assert_eq!(theirs.cmpl_id(), completer.bits());
            assert_eq!(theirs.cmpl_stat(), status.bits());
            assert_eq!(theirs.bcm() != 0, ours.byte_count_modified);
            assert_eq!(theirs.byte_cnt() & 0xFFF, byte_count & 0xFFF);
            assert_eq!((theirs.req_id(), theirs.tag()), (requester.bits(), tag));
            assert_eq!(theirs.laddr(), ours.lower_address);
        }
        Header::Message(ours) => {
            let MessageHeader {
                requester,
                tag,
                code,
                body,
                ..
            } = ours;
            let theirs = new_msg_req(theirs.data()).unwrap();
            assert_eq!((theirs.req_id(), theirs.tag()), (requester.bits(), tag));
            assert_eq!(theirs.msg_code(), code);
            assert_eq!([theirs.dw3(), theirs.dw4()], body);
        }
    }
}

fn expected_type(tlp: &Tlp<'_>) -> TlpType {
    let data = !tlp.payload.is_empty();
    match tlp.header {
        Header::MemoryRead(_) => TlpType::MemReadReq,
        Header::MemoryWrite(_) => TlpType::MemWriteReq,
        Header::IoRead(_) => TlpType::IOReadReq,
        Header::IoWrite(_) => TlpType::IOWriteReq,
        Header::ConfigRead(request) if request.forwarded => TlpType::ConfType1ReadReq,
        Header::ConfigRead(_) => TlpType::ConfType0ReadReq,
        Header::ConfigWrite(request) if request.forwarded => TlpType::ConfType1WriteReq,
        Header::ConfigWrite(_) => TlpType::ConfType0WriteReq,
        Header::Completion(_) if data => TlpType::CplData,
        Header::Completion(_) => TlpType::Cpl,
        Header::Message(_) if data => TlpType::MsgReqData,
        Header::Message(_) => TlpType::MsgReq,
    }
}

#[test]
fn a_wrong_field_would_be_noticed() {
    // The oracle must be able to say no: one flipped bit of the tag, and the comparison fails.
    let header = Header::Completion(CompletionHeader {
        completer: FunctionId::new(1, 0, 0),
        status: CompletionStatus::Successful,
        byte_count_modified: false,
        byte_count: 4,
        requester: FunctionId::default(),
        tag: 3,
        lower_address: 0,
    });
    let tlp = Tlp::new(header, &[7]);
    let mut words = [0; 4];
    tlp.emit(&mut words).unwrap();
    words[2] ^= 1 << 8;
    assert!(std::panic::catch_unwind(|| compare(&tlp, &words)).is_err());
}
