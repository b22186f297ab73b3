//! The Rust mirrors of C structures against a C probe made here: sizes and offsets must agree member by member.

mod common;

use std::fmt::Write as _;
use std::mem::offset_of;
use std::process::Command;

use common::{compiler, has_tool, scratch, succeed};
use videoport::abi;
use videoport::host::HostOptions;

/// One structure: C name, size here, and members as C name and offset here.
struct Mirror {
    name: &'static str,
    size: usize,
    members: Vec<(&'static str, usize)>,
}

macro_rules! mirrors {
    ($($type:ty = $name:literal { $($member:ident $c:literal),* $(,)? })*) => {
        vec![$(Mirror {
            name: $name,
            size: size_of::<$type>(),
            members: vec![$(($c, offset_of!($type, $member))),*],
        }),*]
    };
}

fn mirrors() -> Vec<Mirror> {
    mirrors! {
        abi::StatusBlock = "STATUS_BLOCK" { status "Status", information "Information" }
        abi::VideoRequestPacket = "VIDEO_REQUEST_PACKET" {
            io_control_code "IoControlCode", status_block "StatusBlock", input_buffer "InputBuffer",
            input_buffer_length "InputBufferLength", output_buffer "OutputBuffer",
            output_buffer_length "OutputBufferLength",
        }
        abi::VideoHwInitializationData = "VIDEO_HW_INITIALIZATION_DATA" {
            hw_init_data_size "HwInitDataSize", adapter_interface_type "AdapterInterfaceType",
            hw_find_adapter "HwFindAdapter", hw_initialize "HwInitialize", hw_interrupt "HwInterrupt",
            hw_start_io "HwStartIO", hw_device_extension_size "HwDeviceExtensionSize",
            starting_device_number "StartingDeviceNumber", hw_reset_hw "HwResetHw", hw_timer "HwTimer",
            hw_start_dma "HwStartDma", hw_set_power_state "HwSetPowerState",
            hw_get_power_state "HwGetPowerState", hw_get_video_child_descriptor "HwGetVideoChildDescriptor",
            hw_query_interface "HwQueryInterface",
            hw_child_device_extension_size "HwChildDeviceExtensionSize",
            hw_legacy_resource_list "HwLegacyResourceList", hw_legacy_resource_count "HwLegacyResourceCount",
            hw_get_legacy_resources "HwGetLegacyResources",
            allow_early_enumeration "AllowEarlyEnumeration", reserved "Reserved",
        }
        abi::VideoPortConfigInfo = "VIDEO_PORT_CONFIG_INFO" {
            length "Length", system_io_bus_number "SystemIoBusNumber",
            adapter_interface_type "AdapterInterfaceType", bus_interrupt_level "BusInterruptLevel",
            bus_interrupt_vector "BusInterruptVector", interrupt_mode "InterruptMode",
            num_emulator_access_entries "NumEmulatorAccessEntries",
            emulator_access_entries "EmulatorAccessEntries",
            emulator_access_entries_context "EmulatorAccessEntriesContext",
            vdm_physical_video_memory_address "VdmPhysicalVideoMemoryAddress",
            vdm_physical_video_memory_length "VdmPhysicalVideoMemoryLength",
            hardware_state_size "HardwareStateSize", dma_channel "DmaChannel", dma_port "DmaPort",
            dma_shareable "DmaShareable", interrupt_shareable "InterruptShareable", master "Master",
            dma_width "DmaWidth", dma_speed "DmaSpeed", b_map_buffers "bMapBuffers",
            need_physical_addresses "NeedPhysicalAddresses", demand_mode "DemandMode",
            maximum_transfer_length "MaximumTransferLength", number_of_physical_breaks "NumberOfPhysicalBreaks",
            scatter_gather "ScatterGather", maximum_scatter_gather_chunk_size "MaximumScatterGatherChunkSize",
            video_port_get_proc_address "VideoPortGetProcAddress", driver_registry_path "DriverRegistryPath",
            system_memory_size "SystemMemorySize",
        }
        abi::VideoPowerManagement = "VIDEO_POWER_MANAGEMENT" {
            length "Length", dpms_version "DPMSVersion", power_state "PowerState",
        }
        abi::ScatterGatherHeader = "VP_SCATTER_GATHER_LIST" {
            number_of_elements "NumberOfElements", reserved "Reserved",
        }
        abi::ScatterGatherElement = "VP_SCATTER_GATHER_ELEMENT" {
            address "Address", length "Length", reserved "Reserved",
        }
        abi::DeviceDescription = "VP_DEVICE_DESCRIPTION" {
            scatter_gather "ScatterGather", dma_32bit_addresses "Dma32BitAddresses",
            dma_64bit_addresses "Dma64BitAddresses", maximum_length "MaximumLength",
        }
        abi::VideoAccessRange = "VIDEO_ACCESS_RANGE" {
            range_start "RangeStart", range_length "RangeLength", range_in_io_space "RangeInIoSpace",
            range_visible "RangeVisible", range_shareable "RangeShareable", range_passive "RangePassive",
        }
        abi::Interface = "INTERFACE" {
            size "Size", version "Version", context "Context", interface_reference "InterfaceReference",
            interface_dereference "InterfaceDereference",
        }
        abi::QueryInterface = "QUERY_INTERFACE" {
            interface_type "InterfaceType", size "Size", version "Version", interface "Interface",
            interface_specific_data "InterfaceSpecificData",
        }
        abi::VideoPortI2cInterface = "VIDEO_PORT_I2C_INTERFACE" {
            start "I2CStart", stop "I2CStop", write "I2CWrite", read "I2CRead",
        }
        abi::VideoPortInt10Interface = "VIDEO_PORT_INT10_INTERFACE" {
            allocate_buffer "Int10AllocateBuffer", free_buffer "Int10FreeBuffer",
            read_memory "Int10ReadMemory", write_memory "Int10WriteMemory", call_bios "Int10CallBios",
        }
        abi::VideoPortDebugReportInterface = "VIDEO_PORT_DEBUG_REPORT_INTERFACE" {
            create "DbgReportCreate", secondary_data "DbgReportSecondaryData", complete "DbgReportComplete",
        }
        abi::VideoPortWcMemoryProtectionInterface = "VIDEO_PORT_WCMEMORYPROTECTION_INTERFACE" {
            protect "VideoPortProtectWCMemory", restore "VideoPortRestoreWCMemory",
        }
        abi::VideoChildEnumInfo = "VIDEO_CHILD_ENUM_INFO" {
            size "Size", child_descriptor_size "ChildDescriptorSize", child_index "ChildIndex",
            acpi_hw_id "ACPIHwId", child_hw_device_extension "ChildHwDeviceExtension",
        }
        abi::I2cCallbacks = "I2C_CALLBACKS" {
            write_clock_line "WriteClockLine", write_data_line "WriteDataLine",
            read_clock_line "ReadClockLine", read_data_line "ReadDataLine",
        }
        abi::VideoI2cControl = "VIDEO_I2C_CONTROL" { i2c_delay "I2CDelay" }
        abi::DdcControl = "DDC_CONTROL" {
            size "Size", i2c_callbacks "I2CCallbacks", edid_segment "EdidSegment",
        }
        abi::VpOsVersionInfo = "VPOSVERSIONINFO" {
            size "Size", major_version "MajorVersion", minor_version "MinorVersion",
            build_number "BuildNumber", service_pack_major "ServicePackMajor",
            service_pack_minor "ServicePackMinor",
        }
        abi::EngEvent = "ENG_EVENT" { kernel_event "pKEvent", flags "fFlags" }
        abi::VideoPortAgpServices = "VIDEO_PORT_AGP_SERVICES" { allocation_limit "AllocationLimit" }
        HostOptions = "struct lumenport_host_options" {
            size "size", strict "strict", trace "trace", buffer_quota_bytes "buffer_quota_bytes",
            map_registers "map_registers", layout "layout",
        }
    }
}

/// A program that prints every size and offset, one a line.
fn probe(mirrors: &[Mirror]) -> String {
    let mut text =
        "#include \"lumenport_host.h\"\n#include <stdio.h>\nint main(void) {\n".to_owned();
    for mirror in mirrors {
        let name = mirror.name;
        let _ = writeln!(text, "printf(\"{name} %zu\\n\", sizeof({name}));");
        for (member, _) in &mirror.members {
            let _ = writeln!(
                text,
                "printf(\"{name}.{member} %zu\\n\", offsetof({name}, {member}));"
            );
        }
    }
    text.push_str("return 0;\n}\n");
    text
}

#[test]
fn rust_and_c_agree_on_every_member() {
    if !has_tool("gcc") {
        return;
    }
    let mirrors = mirrors();
    let dir = scratch("layout");
    std::fs::write(dir.join("probe.c"), probe(&mirrors)).expect("scratch is writable");
    let mut command = compiler("gcc");
    succeed(
        command
            .args(["-std=c11", "-o"])
            .arg(dir.join("probe"))
            .arg(dir.join("probe.c")),
    );
    let output = succeed(&mut Command::new(dir.join("probe")));
    let mut expected = String::new();
    for mirror in &mirrors {
        let _ = writeln!(expected, "{} {}", mirror.name, mirror.size);
        for (member, offset) in &mirror.members {
            let _ = writeln!(expected, "{}.{member} {offset}", mirror.name);
        }
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert!(expected.lines().count() > 130);
}
