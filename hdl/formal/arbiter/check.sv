// Transmit arbiter: TLPs stay whole, what is offered stays offered.
module check(
    input clock, input reset,
    input [31:0] cpl_data, input cpl_last, input cpl_valid,
    input [31:0] dma_data, input dma_last, input dma_valid,
    input [31:0] msi_data, input msi_last, input msi_valid,
    input tx_ready
);
    wire cpl_ready, dma_ready, msi_ready, tx_last, tx_valid;
    wire [31:0] tx_data;
    top uut(.clock(clock), .reset(reset),
        .cpl_data(cpl_data), .cpl_last(cpl_last), .cpl_valid(cpl_valid), .cpl_ready(cpl_ready),
        .dma_data(dma_data), .dma_last(dma_last), .dma_valid(dma_valid), .dma_ready(dma_ready),
        .msi_data(msi_data), .msi_last(msi_last), .msi_valid(msi_valid), .msi_ready(msi_ready),
        .tx_data(tx_data), .tx_last(tx_last), .tx_valid(tx_valid), .tx_ready(tx_ready));

    // Sources keep the handshake.
    wire cpl_kept, dma_kept, msi_kept, tx_kept;
    stream_monitor #(33) cpl_m(clock, reset, cpl_valid, cpl_ready, {cpl_last, cpl_data}, cpl_kept);
    stream_monitor #(33) dma_m(clock, reset, dma_valid, dma_ready, {dma_last, dma_data}, dma_kept);
    stream_monitor #(33) msi_m(clock, reset, msi_valid, msi_ready, {msi_last, msi_data}, msi_kept);
    stream_monitor #(33) tx_m(clock, reset, tx_valid, tx_ready, {tx_last, tx_data}, tx_kept);
    always @* assume(cpl_kept && dma_kept && msi_kept);

    // Ghost: who owns the TLP under way, 0 nobody.
    wire [2:0] moves = {msi_valid && msi_ready, dma_valid && dma_ready, cpl_valid && cpl_ready};
    wire moved = tx_valid && tx_ready;
    reg [2:0] owner = 0;
    always @(posedge clock)
        if (reset || (moved && tx_last)) owner <= 0;
        else if (moved) owner <= moves;

    always @* begin
        if (!reset) begin
            tx_stable: assert(tx_kept);
            packets_never_mix: assert(!moved || owner == 0 || moves == owner);
            one_beat_in_one_out: assert(moved ? (moves == 1 || moves == 2 || moves == 4) : moves == 0);
            beat_unchanged: assert(!moved || {tx_last, tx_data} ==
                (moves[0] ? {cpl_last, cpl_data} : moves[1] ? {dma_last, dma_data} : {msi_last, msi_data}));
        end
    end
endmodule
