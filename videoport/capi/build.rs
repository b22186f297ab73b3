//! Compiles the one service that only C can define: `VideoPortDebugPrint` takes any number of arguments. Lets drivers that
//! the tests load find the services in the test program.

fn main() {
    println!("cargo:rerun-if-changed=src/debug_print.c");
    cc::Build::new()
        .file("src/debug_print.c")
        .std("c11")
        .warnings(true)
        .extra_warnings(true)
        .compile("lumenport_debug_print");
    println!("cargo:rustc-link-arg-tests=-rdynamic");
}
