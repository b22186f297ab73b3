// Write requests on the link: whole, without a pause, and with the header of the chunk they came from. The fetching of
// words is cut away; the queue of chunks keeps one watched place, any of the 16.
module \top$writer$queue_lo (
    input clock, input [3:0] read_address, output [31:0] read_data,
    input [3:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 4) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule
module \top$writer$queue_hi (
    input clock, input [3:0] read_address, output [31:0] read_data,
    input [3:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 4) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule
module \top$writer$queue_shape (
    input clock, input [3:0] read_address, output [30:0] read_data,
    input [3:0] write_address, input [30:0] write_data, input write_enable
);
    one_word_ram #(31, 4) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule

module check(
    input clock, input reset, input allow, input credit, input drop, input chunk_valid,
    input [31:0] chunk_host_lo, input [31:0] chunk_host_hi, input [31:0] chunk_card, input [12:0] chunk_bytes,
    input [9:0] chunk_dws, input [7:0] chunk_be, input mem_ready, input mem_rvalid,
    input [31:0] mem_rdata_lo, input [31:0] mem_rdata_hi, input tx_ready
);
    (* anyconst *) reg [15:0] requester_id;
    wire chunk_ready, tx_valid, tx_last, idle, request_strobe;
    wire [31:0] tx_data;
    \top$writer uut(.clock(clock), .reset(reset), .requester_id(requester_id), .allow(allow), .credit(credit), .drop(drop),
        .chunk_valid(chunk_valid), .chunk_ready(chunk_ready), .chunk_host_lo(chunk_host_lo),
        .chunk_host_hi(chunk_host_hi), .chunk_card(chunk_card), .chunk_bytes(chunk_bytes), .chunk_dws(chunk_dws),
        .chunk_be(chunk_be), .mem_ready(mem_ready), .mem_rvalid(mem_rvalid), .mem_rdata_lo(mem_rdata_lo),
        .mem_rdata_hi(mem_rdata_hi), .tx_valid(tx_valid), .tx_ready(tx_ready), .tx_last(tx_last), .tx_data(tx_data),
        .idle(idle), .request_strobe(request_strobe));

    `INDUCTION(clock)

    (* hierconn *) wire [3:0] \uut.queue_lo.one.kept_address ;
    (* hierconn *) wire [3:0] \uut.queue_hi.one.kept_address ;
    (* hierconn *) wire [3:0] \uut.queue_shape.one.kept_address ;
    (* hierconn *) wire [31:0] \uut.queue_lo.one.word ;
    (* hierconn *) wire [31:0] \uut.queue_hi.one.word ;
    (* hierconn *) wire [30:0] \uut.queue_shape.one.word ;
    (* hierconn *) wire [31:0] \uut.queue_lo.one.kept_read ;
    (* hierconn *) wire [31:0] \uut.queue_hi.one.kept_read ;
    (* hierconn *) wire [30:0] \uut.queue_shape.one.kept_read ;
    (* hierconn *) wire \uut.queue_lo.one.kept ;
    (* hierconn *) wire \uut.queue_hi.one.kept ;
    (* hierconn *) wire \uut.queue_shape.one.kept ;
    (* hierconn *) wire [4:0] \uut.chunk_write$q ;
    (* hierconn *) wire [4:0] \uut.chunk_seen$q ;
    (* hierconn *) wire [4:0] \uut.chunk_read$q ;
    (* hierconn *) wire [2:0] \uut.send$q ;
    (* hierconn *) wire [31:0] \uut.send_lo$q ;
    (* hierconn *) wire [31:0] \uut.send_hi$q ;
    (* hierconn *) wire [30:0] \uut.send_shape$q ;
    (* hierconn *) wire [9:0] \uut.dws_left$q ;
    (* hierconn *) wire \uut.out_valid$q ;
    (* hierconn *) wire \uut.out_last$q ;
    localparam IDLE = 0, HEAD0 = 1, HEAD1 = 2, HIGH = 3, LOW = 4, PAYLOAD = 5;
    wire [3:0] k = \uut.queue_lo.one.kept_address ;
    always @* assume(k == \uut.queue_hi.one.kept_address && k == \uut.queue_shape.one.kept_address );
    wire [94:0] word = {\uut.queue_shape.one.word , \uut.queue_hi.one.word , \uut.queue_lo.one.word };
    wire [94:0] word_read = {\uut.queue_shape.one.kept_read , \uut.queue_hi.one.kept_read , \uut.queue_lo.one.kept_read };
    wire word_here = \uut.queue_lo.one.kept && \uut.queue_hi.one.kept && \uut.queue_shape.one.kept ;
    wire [4:0] chunk_write = \uut.chunk_write$q ;
    wire [4:0] chunk_seen = \uut.chunk_seen$q ;
    wire [4:0] chunk_read = \uut.chunk_read$q ;
    wire [2:0] send = \uut.send$q ;
    wire [31:0] send_lo = \uut.send_lo$q ;
    wire [31:0] send_hi = \uut.send_hi$q ;
    wire [30:0] send_shape = \uut.send_shape$q ;
    wire [9:0] dws_left = \uut.dws_left$q ;
    wire out_valid = \uut.out_valid$q ;
    wire out_last = \uut.out_last$q ;

    // Chunks of at most 512 bytes, never empty: the walker's properties.
    always @* assume(!chunk_valid || (chunk_bytes <= 512 && chunk_dws != 0 && chunk_dws <= 128));

    // The chunk that was put in the watched place, and the request that was made of it.
    reg [31:0] low = 0, high = 0, own_low = 0, own_high = 0;
    reg [9:0] length = 0, own_length = 0;
    reg [7:0] enables = 0, own_enables = 0;
    reg watched = 0;
    wire starts_watched = request_strobe && chunk_read[3:0] == k;
    always @(posedge clock) begin
        if (chunk_valid && chunk_ready && chunk_write[3:0] == k) begin
            low <= chunk_host_lo; high <= chunk_host_hi; length <= chunk_dws; enables <= chunk_be;
        end
        if (starts_watched) begin own_low <= low; own_high <= high; own_length <= length; own_enables <= enables; end
        if (reset) watched <= 0;
        else if (request_strobe) watched <= chunk_read[3:0] == k;
    end

    // The TLP on the stream, by itself: its place, and how long its header says that it is.
    reg [7:0] beat = 0;
    reg [7:0] beats = 0; // of a TLP that began
    reg was_reset = 1, was_open = 0;
    wire moved = tx_valid && tx_ready;
    wire wide = tx_data[29];
    always @(posedge clock) begin
        was_reset <= reset;
        was_open <= !reset && (moved ? !tx_last : beat != 0);
        if (reset || (moved && tx_last)) beat <= 0;
        else if (moved) beat <= beat + 1;
        if (moved && beat == 0) beats <= (wide ? 8'd4 : 8'd3) + tx_data[7:0];
    end
    wire [2:0] head = own_high != 0 ? 4 : 3;
    wire kept;
    stream_monitor #(33) monitor(clock, reset, tx_valid, tx_ready, {tx_last, tx_data}, kept);
    // The request that is being sent is the watched one (its first DW may still wait).
    wire [31:0] expected = beat == 0 ? {2'b01, own_high != 0, 19'd0, own_length} : beat == 1 ? {requester_id, 8'd0, own_enables} :
        own_high != 0 && beat == 2 ? own_high : {own_low[31:2], 2'b00};
    // What the block will do next, in DWs of the TLP.
    wire send_wide = send_hi != 0;
    wire [9:0] send_dws = send_shape[19:10];
    wire [7:0] send_beats = (send_wide ? 8'd4 : 8'd3) + send_dws[7:0];
    wire [7:0] to_come = send == HEAD0 ? 0 : send == HEAD1 ? 1 : send == HIGH ? 2 : send == LOW ? (send_wide ? 3 : 2) :
        send == PAYLOAD ? send_beats - dws_left[7:0] : 0;
    // The TLP on the stream is of the watched place; the last DW of another may still wait when a request starts.
    reg current = 0;
    always @(posedge clock)
        if (reset) current <= 0;
        else if (send == HEAD0 && (!out_valid || tx_ready)) current <= watched;
    wire mid = send == HEAD1 || send == HIGH || send == LOW || send == PAYLOAD;

    always @* begin
        `PROVE(write_stable, reset || kept)
        `PROVE(write_never_pauses, was_reset || !was_open || tx_valid)
        `PROVE(write_is_whole, !(current && tx_valid) || tx_last == (beat != 0 && beat + 8'd1 == beats))
        `PROVE(payload_at_most_128_dws, !(watched && mid && beat == 0) || (tx_data[9:0] != 0 && tx_data[9:0] <= 128))
        `PROVE(header_is_the_chunks, !(watched && mid && beat < head) || tx_data == expected)

        `PROVE(l_word, word[31:0] == low && word[63:32] == high && word[83:74] == length && word[91:84] == enables)
        `PROVE(l_level, chunk_write - chunk_read <= 5'd16 && chunk_write - chunk_seen <= 5'd1 && chunk_seen - chunk_read <= 5'd16)
        `PROVE(l_head, !(chunk_seen != chunk_read && chunk_read[3:0] == k) || (word_here && word_read == word))
        `PROVE(l_send, send <= PAYLOAD)
        `PROVE(l_length, !({1'b0, k - chunk_read[3:0]} < chunk_write - chunk_read) || (length != 0 && length <= 128))
        `PROVE(l_own, !(watched && send != IDLE) || (send_lo == own_low && send_hi == own_high && send_dws == own_length
            && send_shape[27:20] == own_enables && own_length != 0 && own_length <= 128))
        `PROVE(l_high, send != HIGH || send_wide)
        `PROVE(l_left, send == PAYLOAD ? !watched || (dws_left != 0 && dws_left <= send_dws) : send == IDLE || dws_left == send_dws)
        `PROVE(l_current, !mid || current == watched)
        `PROVE(l_mid, !mid || (out_valid && !out_last && beat == to_come - 8'd1))
        `PROVE(l_rest, mid || (out_valid ? out_last : beat == 0))
        `PROVE(l_last, mid || !out_valid || !current || (beat + 8'd1 == beats && beats >= 4))
        `PROVE(l_beats, !(mid && watched) || (beat != 0 ? beats == send_beats : tx_data[9:0] == send_dws && wide == send_wide))
    end
endmodule
