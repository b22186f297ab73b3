// How a property is proved. `PROVE(name, x)` is an assertion; in an induction step it is assumed in the
// first clocks, which start in any state, and asserted afterwards.
`ifdef STEP
`define PROVE(NAME, X) begin if (induction_clock < `STEP) assume(X); else begin NAME: assert(X); end end
`define INDUCTION(CLOCK) reg [3:0] induction_clock = 0; \
    always @(posedge CLOCK) if (induction_clock < `STEP) induction_clock <= induction_clock + 1;
`else
`define PROVE(NAME, X) NAME: assert(X);
`define INDUCTION(CLOCK)
`endif
