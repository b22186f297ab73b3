// Parts that several checkers use.

// `kept` is low in a clock that breaks the stream rule: what is offered and not taken stays offered, unchanged.
module stream_monitor #(parameter WIDTH = 32) (
    input clock, input reset, input valid, input ready, input [WIDTH-1:0] data, output kept
);
    reg waiting_q = 0;
    reg [WIDTH-1:0] held;
    wire waiting = waiting_q; // a wire, so that a checker may look at it: registers that are looked at lose their reset value
    always @(posedge clock) begin
        waiting_q <= valid && !ready && !reset;
        held <= data;
    end
    assign kept = !waiting || (valid && data == held);
endmodule

// A RAM of which one word is kept: `kept_address` is any address, chosen once; every other word reads as
// anything. Whatever holds with this in the place of a RAM holds with the RAM.
module one_word_ram #(parameter WIDTH = 32, parameter ADDRESS_WIDTH = 5) (
    input clock, input [ADDRESS_WIDTH-1:0] read_address, output [WIDTH-1:0] read_data,
    input [ADDRESS_WIDTH-1:0] write_address, input [WIDTH-1:0] write_data, input write_enable
);
    (* anyconst *) reg [ADDRESS_WIDTH-1:0] kept_address;
    (* anyseq *) reg [WIDTH-1:0] anything;
    reg [WIDTH-1:0] word_q = 0;
    reg [WIDTH-1:0] kept_read_q = 0;
    reg kept_q = 1; // the output register is zero before the first read
    wire [WIDTH-1:0] word = word_q;
    wire [WIDTH-1:0] kept_read = kept_read_q;
    wire kept = kept_q;
    always @(posedge clock) begin
        if (write_enable && write_address == kept_address) word_q <= write_data;
        kept_read_q <= word;
        kept_q <= read_address == kept_address;
    end
    assign read_data = kept ? kept_read : anything;
endmodule

// The credits of one kind. `limit` is the host's, modulo; what is left of it is counted here without modulo, from the
// TLPs themselves. `covered` is low while a TLP is offered that needs more than is left. `counted`: the counter `used` of the
// gateware agrees. `honest` is the host's rule: never more than half of the range unused.
module credit #(parameter WIDTH = 8) (
    input clock, input reset, input [WIDTH-1:0] limit, input offered, input spent, input [WIDTH-1:0] units,
    input infinite, input [WIDTH-1:0] used, output covered, output counted, output honest
);
    reg [WIDTH-1:0] last_limit = 0;
    reg [WIDTH-1:0] rest = 0;
    wire [WIDTH-1:0] more = limit - last_limit;
    wire [WIDTH:0] left = rest + more;
    always @(posedge clock) begin
        last_limit <= reset ? 0 : limit;
        rest <= reset ? 0 : spent ? left - units : left;
    end
    assign honest = left <= 1 << (WIDTH - 1);
    assign covered = !offered || infinite || units <= left;
    assign counted = used == last_limit - rest;
endmodule
