// Tags of read requests: never given out while in use, never expired early, quarantine kept. One tag, any of the 32, is
// watched; the request machine is the one of `read_request.rs`: it sends one request at a time.

// The RAM of time stamps: only the watched tag's word is kept, see `one_word_ram`.
module \top$reader$tags$stamps (
    input clock, input [4:0] read_address, output [31:0] read_data,
    input [4:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 5) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule

module check(
    input clock, input reset, input [5:0] limit, input [31:0] timeout_cycles, input [31:0] quarantine_cycles,
    input take, input leave, input [4:0] ask, input retire_strobe, input [4:0] retire_tag, input hold
);
    wire free, known, given_up, expired_strobe, live, waiting, usable;
    wire [4:0] offered, expired_tag;
    wire [31:0] quarantine;
    // The request being sent.
    reg sending_q = 0;
    reg [4:0] sent_tag_q = 0;
    wire sending = sending_q;
    wire [4:0] sent_tag = sent_tag_q;
    wire take_strobe = take && free && !sending && !reset;
    wire sent_strobe = leave && sending;
    always @(posedge clock) begin
        sending_q <= !reset && (take_strobe || (sending && !sent_strobe));
        if (take_strobe) sent_tag_q <= offered;
    end
    \top$reader$tags uut(.clock(clock), .reset(reset), .limit(limit), .timeout_cycles(timeout_cycles),
        .quarantine_cycles(quarantine_cycles), .free(free), .offered(offered), .take_strobe(take_strobe),
        .sending(sending), .sent_strobe(sent_strobe), .sent_tag(sent_tag), .ask(ask), .known(known),
        .given_up(given_up), .retire_strobe(retire_strobe), .retire_tag(retire_tag), .hold(hold),
        .expired_strobe(expired_strobe), .expired_tag(expired_tag), .live(live), .waiting(waiting),
        .usable(usable), .quarantine(quarantine));

    `INDUCTION(clock)

    (* hierconn *) wire [4:0] \uut.stamps.one.kept_address ;
    (* hierconn *) wire [31:0] \uut.stamps.one.word ;
    (* hierconn *) wire [31:0] \uut.stamps.one.kept_read ;
    (* hierconn *) wire \uut.stamps.one.kept ;
    (* hierconn *) wire [31:0] \uut.busy$q ;
    (* hierconn *) wire [31:0] \uut.stale$q ;
    (* hierconn *) wire [31:0] \uut.now$q ;
    (* hierconn *) wire [4:0] \uut.seen$q ;
    (* hierconn *) wire [4:0] \uut.scan$q ;
    (* hierconn *) wire \uut.seen_live$q ;
    (* hierconn *) wire \uut.seen_stale$q ;
    wire [4:0] k = \uut.stamps.one.kept_address ;
    wire [31:0] stamp = \uut.stamps.one.word ;
    wire [31:0] stamp_read = \uut.stamps.one.kept_read ;
    wire stamp_here = \uut.stamps.one.kept ;
    wire [31:0] uut_busy = \uut.busy$q ;
    wire [31:0] uut_stale = \uut.stale$q ;
    wire [31:0] now = \uut.now$q ;
    wire seen = \uut.seen$q == k;
    wire at_scan = \uut.scan$q == k;
    wire seen_live = \uut.seen_live$q ;
    wire seen_stale = \uut.seen_stale$q ;

    // The watched tag, from the strobes alone.
    wire taken = take_strobe && offered == k;
    wire retired = retire_strobe && retire_tag == k;
    wire expired = expired_strobe && expired_tag == k;
    wire left = sent_strobe && sent_tag == k;
    reg outstanding = 0;    // given out and neither retired nor given up
    reg sent = 0;           // its request left
    reg given = 0;          // given up: in quarantine
    reg [31:0] age = 0;     // clocks since its request left, or since it was given up
    reg was_given = 0, was_retired = 0, was_expired = 0, was_reset = 1;
    reg [31:0] last_quarantine = 0, last_age = 0;
    // Quarantine ends when the output says so; whether it may is a property.
    wire in_quarantine = quarantine[k];
    wire let_go = was_given && !was_reset && !in_quarantine;
    wire still_given = given && in_quarantine;
    always @(posedge clock) begin
        was_reset <= reset;
        was_given <= given && !retired && !reset && in_quarantine || expired && !reset;
        was_expired <= expired && !reset;
        last_quarantine <= quarantine_cycles;
        last_age <= age;
        if (reset) begin outstanding <= 0; sent <= 0; given <= 0; end
        else begin
            outstanding <= taken || (outstanding && !retired && !expired);
            sent <= left || (sent && !taken);
            given <= expired || (still_given && !retired);
        end
        age <= left || expired ? 1 : age + 1;
    end

    always @* begin
        `PROVE(never_reused, !taken || (!outstanding && !still_given))
        `PROVE(never_expired_early, !expired || (outstanding && sent && age > timeout_cycles))
        `PROVE(quarantine_begins, !was_expired || in_quarantine)
        `PROVE(quarantine_kept, !let_go || last_age > last_quarantine)
        `PROVE(only_expired_in_quarantine, !in_quarantine || given)
        `PROVE(within_the_limit, !taken || {1'b0, k} < limit)
        `PROVE(completions_are_told, !(ask == k) || (known == (outstanding || still_given) && given_up == still_given))

        `PROVE(l_busy, uut_busy[k] == (outstanding || still_given))
        `PROVE(l_stale, !(outstanding && given && in_quarantine))
        `PROVE(l_was, was_given == (given && (in_quarantine || let_go)) || was_reset)
        `PROVE(l_sending, !(sending && sent_tag == k) || (!sent && !still_given))
        `PROVE(l_sent, !outstanding || sent || (sending && sent_tag == k))
        `PROVE(l_stamp, !(outstanding && sent || still_given) || age == now - stamp)
        `PROVE(l_seen, !seen || stamp_here)
        `PROVE(l_seen_live, !(seen && seen_live && outstanding) || (sent && stamp_read == stamp))
        `PROVE(l_seen_one, !(seen_live && seen_stale))
        `PROVE(l_scan, !(seen && (seen_live && outstanding || seen_stale && still_given)) || !at_scan)
        `PROVE(l_seen_stale, !(seen && seen_stale && still_given) || stamp_read == stamp)
    end
endmodule
