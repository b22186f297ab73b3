//! Lets drivers in C, which the program loads, find the video port's services in it.

fn main() {
    // Only the simulator's commands load such drivers.
    if std::env::var_os("CARGO_FEATURE_SIM").is_some() {
        println!("cargo:rustc-link-arg-bins=-rdynamic");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
