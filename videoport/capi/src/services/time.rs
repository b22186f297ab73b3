//! Timer and time.

use super::{device_services, plain_services};
use crate::{device, process};

device_services! {
    /// `VideoPortStartTimer`.
    fn VideoPortStartTimer[StartTimer](device), else () => {
        device.port().start_timer();
    }

    /// `VideoPortStopTimer`.
    fn VideoPortStopTimer[StopTimer](device), else () => {
        device.port().stop_timer();
    }

    /// `VideoPortQueryPerformanceCounter`: ticks; `*frequency` receives ticks per second.
    fn VideoPortQueryPerformanceCounter[QueryPerformanceCounter](device, frequency: *mut i64) -> i64, else 0 => {
        let (ticks, per_second) = device.port().query_performance_counter();
        if !frequency.is_null() {
            process::put(frequency, per_second.cast_signed());
        }
        ticks.cast_signed()
    }
}

plain_services! {
    /// `VideoPortQuerySystemTime`: 100 ns since 1601-01-01 UTC.
    fn VideoPortQuerySystemTime[QuerySystemTime](current_time: *mut i64), on device = device::current(), else () => {
        let ticks = device.as_ref().map_or(0, |device| device.port().query_system_time());
        process::put(current_time, ticks.cast_signed());
    }

    /// `VideoPortStallExecution`. Units: microseconds.
    fn VideoPortStallExecution[StallExecution](microseconds: u32), on device = device::current(), else () => {
        match &device {
            Some(device) => device.port().stall_execution(microseconds),
            // Nothing is initialised yet, so nothing needs more than the contract's 50 us.
            None => std::thread::sleep(std::time::Duration::from_micros(u64::from(microseconds.min(50)))),
        }
    }
}
