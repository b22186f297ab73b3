// Read requests on the link: whole, stable, and exactly what was asked for.
module check(
    input clock, input reset, input start, input [4:0] tag, input [31:0] host_lo, input [31:0] host_hi,
    input [9:0] dws, input [7:0] be, input tx_ready
);
    (* anyconst *) reg [15:0] requester_id;
    wire tx_valid, tx_last, idle, sent_strobe;
    wire [31:0] tx_data;
    wire [4:0] sent_tag;
    wire start_strobe = start && idle;
    \top$reader$request uut(.clock(clock), .reset(reset), .requester_id(requester_id), .start_strobe(start_strobe),
        .tag(tag), .host_lo(host_lo), .host_hi(host_hi), .dws(dws), .be(be), .tx_valid(tx_valid), .tx_ready(tx_ready),
        .tx_last(tx_last), .tx_data(tx_data), .idle(idle), .sent_tag(sent_tag), .sent_strobe(sent_strobe));

    // What was asked for, and which DW of it is next.
    reg [31:0] low, high;
    reg [9:0] length;
    reg [7:0] enables;
    reg [4:0] own_tag;
    reg [2:0] beat = 0;
    reg active = 0;
    always @(posedge clock) begin
        if (start_strobe) begin low <= host_lo; high <= host_hi; length <= dws; enables <= be; own_tag <= tag; end
        active <= !reset && (start_strobe || (active && !(tx_valid && tx_ready && tx_last)));
        beat <= reset || start_strobe ? 0 : tx_valid && tx_ready ? beat + 1 : beat;
    end
    wire wide = high != 0;
    wire [2:0] last_beat = wide ? 3 : 2;
    // PCI Express Base Spec 2.0 §2.2.7: 64-bit addresses only above 4 GiB.
    wire [31:0] expected = beat == 0 ? {2'b00, wide, 19'd0, length} : beat == 1 ? {requester_id, 3'd0, own_tag, enables} :
        wide && beat == 2 ? high : {low[31:2], 2'b00};
    wire kept;
    stream_monitor #(33) monitor(clock, reset, tx_valid, tx_ready, {tx_last, tx_data}, kept);

    always @* if (!reset) begin
        request_stable: assert(kept);
        request_is_what_was_asked: assert(tx_valid == active && (!tx_valid || tx_data == expected));
        request_is_whole: assert(!tx_valid || (tx_last == (beat == last_beat) && beat <= last_beat));
        tag_is_told_with_the_last: assert(sent_strobe == (tx_valid && tx_ready && tx_last) && (!active || sent_tag == own_tag));
    end
endmodule
