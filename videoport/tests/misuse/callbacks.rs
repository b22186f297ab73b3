//! What the miniport's own entry points may not answer or leave behind.

use lumenport_videoport::VpStatus;
use lumenport_videoport::types::PowerState;

use super::*;

const ADAPTER: u32 = 0xFFFF_FFFF;

#[test]
fn request_that_ends_with_a_status_no_request_has_is_reported() {
    both(|rig, _| {
        rig.miniport
            .on_start_io(|_, packet| packet.fail(VpStatus(0xC000_0001)));
        rig.port.io_control(1, &mut [], 0);
        expect(rig, &[(Service::StartIo, FindingKind::WrongAnswer)]);
        gone(rig);
    });
}

#[test]
fn request_with_more_information_than_room_is_reported() {
    both(|rig, _| {
        rig.miniport.on_start_io(|_, packet| packet.succeed(9));
        let block = rig.port.io_control(1, &mut [0; 8], 0);
        assert_eq!(block.information, 8);
        expect(rig, &[(Service::StartIo, FindingKind::InformationTooLarge)]);
        gone(rig);
    });
}

#[test]
fn power_answers_the_contract_does_not_know_are_reported() {
    both(|rig, _| {
        rig.miniport
            .on_get_power(|_, _, _| VpStatus::ERROR_INVALID_FUNCTION);
        let _ = rig.port.set_power(ADAPTER, PowerState::Off);
        expect(rig, &[(Service::Power, FindingKind::WrongAnswer)]);
        rig.miniport
            .on_get_power(|_, _, _| VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED);
        let _ = rig.port.set_power(ADAPTER, PowerState::Off);
        expect(rig, &[]);
        rig.miniport.on_get_power(|_, _, _| VpStatus::NO_ERROR);
        rig.miniport
            .on_power(|_, _, _| VpStatus::ERROR_INVALID_PARAMETER);
        let _ = rig.port.set_power(ADAPTER, PowerState::Off);
        expect(rig, &[(Service::Power, FindingKind::WrongAnswer)]);
        gone(rig);
    });
}

#[test]
fn child_answers_the_contract_does_not_know_are_reported() {
    both(|rig, _| {
        rig.miniport
            .on_child(|_, _, _| VpStatus::ERROR_INVALID_PARAMETER);
        assert!(rig.port.enumerate_children().is_success());
        rig.port.poll();
        let kind = FindingKind::WrongAnswer;
        expect(rig, &[(Service::ChildDescriptor, kind)]);
        gone(rig);
    });
}
