// Transmit arbiter: TLPs stay whole, what is offered stays offered, credits are never overdrawn, nothing is sent without bus mastering.
module check(
    input clock, input reset,
    input [31:0] cpl_data, input cpl_last, input cpl_valid,
    input [31:0] dma_data, input dma_last, input dma_valid,
    input [31:0] msi_data, input msi_last, input msi_valid,
    input [31:0] message_data, input message_last, input message_valid,
    input [19:0] limit_posted, input [19:0] limit_nonposted, input [19:0] limit_completion,
    input bus_master_enable, input msi_enable, input [2:0] max_payload,
    input tx_ready
);
    wire cpl_ready, dma_ready, msi_ready, message_ready, tx_last, tx_valid, read_credit, write_credit;
    wire [31:0] tx_data;
    (* anyconst *) reg [5:0] infinite;
    top uut(.clock(clock), .reset(reset),
        .cpl_data(cpl_data), .cpl_last(cpl_last), .cpl_valid(cpl_valid), .cpl_ready(cpl_ready),
        .dma_data(dma_data), .dma_last(dma_last), .dma_valid(dma_valid), .dma_ready(dma_ready),
        .msi_data(msi_data), .msi_last(msi_last), .msi_valid(msi_valid), .msi_ready(msi_ready),
        .message_data(message_data), .message_last(message_last), .message_valid(message_valid),
        .message_ready(message_ready),
        .credit_limit_posted(limit_posted), .credit_limit_nonposted(limit_nonposted),
        .credit_limit_completion(limit_completion), .credit_infinite(infinite),
        .bus_master_enable(bus_master_enable), .msi_enable(msi_enable), .max_payload(max_payload),
        .read_credit(read_credit), .write_credit(write_credit),
        .tx_data(tx_data), .tx_last(tx_last), .tx_valid(tx_valid), .tx_ready(tx_ready));

    `INDUCTION(clock)

    // Sources keep the handshake.
    wire cpl_kept, dma_kept, msi_kept, message_kept, tx_kept;
    stream_monitor #(33) cpl_m(clock, reset, cpl_valid, cpl_ready, {cpl_last, cpl_data}, cpl_kept);
    stream_monitor #(33) dma_m(clock, reset, dma_valid, dma_ready, {dma_last, dma_data}, dma_kept);
    stream_monitor #(33) msi_m(clock, reset, msi_valid, msi_ready, {msi_last, msi_data}, msi_kept);
    stream_monitor #(33) message_m(clock, reset, message_valid, message_ready, {message_last, message_data}, message_kept);
    stream_monitor #(33) tx_m(clock, reset, tx_valid, tx_ready, {tx_last, tx_data}, tx_kept);
    always @* assume(cpl_kept && dma_kept && msi_kept && message_kept);

    // Ghost: who owns the TLP under way, 0 nobody.
    // (What a stream gives while another or nobody is granted is thrown away: DMA and interrupts only.)
    (* hierconn *) wire [2:0] \uut.granted ;
    wire [2:0] granted = \uut.granted ;
    wire [3:0] moves = {message_valid && message_ready, msi_valid && msi_ready && granted == 3,
        dma_valid && dma_ready && granted == 2, cpl_valid && cpl_ready};
    wire moved = tx_valid && tx_ready;
    reg [3:0] owner = 0;
    always @(posedge clock)
        if (reset || (moved && tx_last)) owner <= 0;
        else if (moved) owner <= moves;
    wire [32:0] mover = moves[0] ? {cpl_last, cpl_data} : moves[1] ? {dma_last, dma_data} :
        moves[2] ? {msi_last, msi_data} : {message_last, message_data};

    // What each stream carries, seen in the first DW of a TLP.
    wire first = owner == 0;
    wire [6:0] cpl_kind = cpl_data[30:24], dma_kind = dma_data[30:24], message_kind = message_data[30:24];
    always @* if (first) begin
        assume(!cpl_valid || cpl_kind == 7'h0A || (cpl_kind == 7'h4A && cpl_data[9:0] != 0));
        assume(!dma_valid || (dma_kind & 7'h1F) == 0); // memory read or write
        assume(!msi_valid || ((msi_data[30:24] & 7'h5F) == 7'h40 && msi_data[9:0] == 1)); // write of one DW
        assume(!message_valid || (message_kind & 7'h78) == 7'h30); // message without data
    end

    // Credits that the TLP on tx needs, from its first DW alone (PCI Express Base Spec 2.0, table 2-26).
    wire [6:0] kind = tx_data[30:24];
    wire with_data = kind[6];
    wire is_completion = kind[4:0] == 5'h0A;
    wire is_read = kind[4:0] == 0 && !with_data;
    wire is_posted = !is_completion && !is_read;
    wire [10:0] dws = tx_data[9:0] == 0 ? 11'd1024 : {1'b0, tx_data[9:0]};
    wire [11:0] units = with_data ? (12'd3 + dws) >> 2 : 12'd0;
    wire begins = tx_valid && first;
    wire spent = begins && tx_ready;

    (* hierconn *) wire [7:0] \uut.used_ph$q ;
    (* hierconn *) wire [11:0] \uut.used_pd$q ;
    (* hierconn *) wire [7:0] \uut.used_nh$q ;
    (* hierconn *) wire [7:0] \uut.used_ch$q ;
    (* hierconn *) wire [11:0] \uut.used_cd$q ;
    wire [7:0] used_ph = \uut.used_ph$q , used_nh = \uut.used_nh$q , used_ch = \uut.used_ch$q ;
    wire [11:0] used_pd = \uut.used_pd$q , used_cd = \uut.used_cd$q ;
    wire [4:0] covered, counted, honest;
    credit #(8) ph(clock, reset, limit_posted[19:12], begins && is_posted,
        spent && is_posted, 8'd1, infinite[0], used_ph, covered[0], counted[0], honest[0]);
    credit #(12) pd(clock, reset, limit_posted[11:0], begins && is_posted,
        spent && is_posted, units, infinite[1], used_pd, covered[1], counted[1], honest[1]);
    credit #(8) nh(clock, reset, limit_nonposted[19:12], begins && is_read,
        spent && is_read, 8'd1, infinite[2], used_nh, covered[2], counted[2], honest[2]);
    credit #(8) ch(clock, reset, limit_completion[19:12], begins && is_completion,
        spent && is_completion, 8'd1, infinite[4], used_ch, covered[3], counted[3], honest[3]);
    credit #(12) cd(clock, reset, limit_completion[11:0], begins && is_completion,
        spent && is_completion, units, infinite[5], used_cd, covered[4], counted[4], honest[4]);
    always @* assume(&honest);

    // Ghost and gateware agree on whether a TLP is under way; the owner is one of those there are.
    (* hierconn *) wire [2:0] \uut.owner$q ;
    (* hierconn *) wire \uut.started$q ;
    wire [2:0] chosen = \uut.owner$q ;
    wire started = \uut.started$q ;
    wire [3:0] chosen_one = chosen == 1 ? 1 : chosen == 2 ? 2 : chosen == 3 ? 4 : chosen == 4 ? 8 : 0;
    (* hierconn *) wire \cpl_m.waiting ;
    (* hierconn *) wire \dma_m.waiting ;
    (* hierconn *) wire \msi_m.waiting ;
    (* hierconn *) wire \message_m.waiting ;
    wire [3:0] waits = {\message_m.waiting , \msi_m.waiting , \dma_m.waiting , \cpl_m.waiting };

    always @* begin
        if (!reset) begin
            tx_stable: assert(tx_kept);
            packets_never_mix: assert(!moved || owner == 0 || moves == owner);
            one_beat_in_one_out: assert(moved ? (moves == 1 || moves == 2 || moves == 4 || moves == 8) : moves == 0);
            beat_unchanged: assert(!moved || {tx_last, tx_data} == mover);
        end
        `PROVE(no_request_without_mastering, reset || chosen != 0 || granted != 2 || bus_master_enable)
        `PROVE(no_interrupt_without_permission, reset || chosen != 0 || granted != 3 || (bus_master_enable && msi_enable))
        `PROVE(l_started, started == (owner != 0))
        `PROVE(l_owner, chosen <= 4 && (owner == 0 || owner == chosen_one))
        `PROVE(l_waits, owner != 0 || chosen == 0 || (waits & chosen_one) != 0)
        `PROVE(l_counted, &counted)
        `PROVE(posted_headers_never_overdrawn, covered[0])
        `PROVE(posted_data_never_overdrawn, covered[1])
        `PROVE(nonposted_headers_never_overdrawn, covered[2])
        `PROVE(completion_headers_never_overdrawn, covered[3])
        `PROVE(completion_data_never_overdrawn, covered[4])
    end
endmodule
