//! Test plan: `settle.rs` beside an event-driven simulator.

use lumenport_hdl::elaborate::REQUIRE_TOOLS;
use lumenport_hdl::settle::settled;
use std::process::Command;

/// Two modules as rust-hdl writes them. `grant` does not depend on `taken`, yet each run of a block shows the other
/// one its defaults.
const RING: &str = "\
module top(clock,go,taken);
    
    // Module arguments
    input wire  clock;
    input wire  go;
    output reg  [1:0] taken;
    
    // Stub signals
    reg  child$clock;
    reg  child$go;
    wire  child$grant;
    reg  [1:0] child$offer;
    wire  [1:0] child$taken;
    
    // Sub module instances
    top$child child(
        .clock(child$clock),
        .go(child$go),
        .grant(child$grant),
        .offer(child$offer),
        .taken(child$taken)
    );
    
    // Update code
    always @(*) begin
        child$clock = clock;
        child$go = go;
        child$offer = 2'h0;
        if (child$grant) begin
            child$offer[0] = 1'b1;
        end
        taken = child$taken;
    end
endmodule // top
module top$child(clock,go,grant,offer,taken);
    
    // Module arguments
    input wire  clock;
    input wire  go;
    output reg  grant;
    input wire  [1:0] offer;
    output reg  [1:0] taken;
    
    // Update code
    always @(*) begin
        grant = 1'b0;
        if (go) begin
            grant = 1'b1;
        end
        taken = offer;
    end
endmodule // top$child
";

/// Ends with `loop` when the blocks go round at one time, with the output otherwise.
const BENCH: &str = "\
module bench;
    reg clock;
    reg go;
    wire [1:0] taken;
    integer runs;
    top card(.clock(clock), .go(go), .taken(taken));
    initial begin
        runs = 0;
        clock = 0;
        go = 0;
        #1 go = 1;
        #1 clock = 1;
        #1 $display(\"taken %0d\", taken);
        $finish;
    end
    // Called by a block each time it runs.
    task count;
        begin
            runs = runs + 1;
            if (runs == 1000) begin
                $display(\"loop\");
                $finish;
            end
        end
    endtask
endmodule
";

/// What the bench prints under Icarus; `None` without Icarus.
fn simulate(name: &str, verilog: &str) -> Option<String> {
    let folder = std::env::temp_dir().join(format!("lumenport-settle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let (source, model) = (
        folder.join(format!("{name}.v")),
        folder.join(format!("{name}.vvp")),
    );
    let counted = verilog.replace(
        "always @(*) begin\n",
        "always @(*) begin\n        bench.count;\n",
    );
    std::fs::write(&source, format!("{counted}{BENCH}")).expect("a temporary file");
    let built = Command::new("iverilog")
        .args(["-g2005", "-s", "bench", "-o"])
        .args([&model, &source])
        .output();
    let Ok(built) = built else {
        assert!(
            std::env::var(REQUIRE_TOOLS).as_deref() != Ok("1"),
            "iverilog is not installed"
        );
        println!("SKIP {name}: iverilog is not installed");
        return None;
    };
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let run = Command::new("vvp").arg(&model).output().expect("vvp runs");
    Some(String::from_utf8_lossy(&run.stdout).trim().to_owned())
}

#[test]
fn defaults_of_two_blocks_chase_each_other_until_settled() {
    let Some(raw) = simulate("raw", RING) else {
        return;
    };
    assert!(raw.starts_with("loop"), "{raw}");
    let settled = simulate("settled", &settled(RING)).expect("Icarus is there");
    assert!(settled.starts_with("taken 1"), "{settled}");
}

#[test]
fn overridden_signals_are_copied_once_and_copies_leave_the_block() {
    let text = settled(RING);
    for line in [
        "    wire  child$clock;",
        "    assign child$clock = clock;",
        "    reg  [1:0] child$offer$early;",
        "        child$offer$early = 2'h0;",
        "            child$offer$early[0] = 1'b1;",
        "        child$offer = child$offer$early;",
        "        grant = grant$early;",
        // Not only handed on: computed by a child.
        "        taken = child$taken;",
        "        .offer(child$offer),",
    ] {
        assert!(text.lines().any(|l| l == line), "{line:?} in\n{text}");
    }
    assert!(!text.contains("        child$clock = clock;"), "{text}");
    assert!(!text.contains("taken$early"), "{text}");
}

#[test]
fn modules_without_a_block_stay_as_they_are() {
    let text = "module top(d);\n    input wire  d;\n    always @(posedge clock) begin\n       q <= d;\n    end\nendmodule\n";
    assert_eq!(settled(text), text);
}
