// The card with what Python cannot do fast enough: moving TLPs one DW a clock.
//
// Context: top module of the cocotb test bench, for Verilator and Icarus. Python writes whole TLPs into `slot` and
// reads whole TLPs from `tx_packet`; this module drives the streams, with stalls, gaps and due times, counts beats
// and watches the stream rules. A packet is kept with its first wire byte in bits 7:0.
// Not synthesisable, not meant to be.

`timescale 1ns / 1ps

module bench;
    // DWs of the longest packet; one more DW is an overflow.
    parameter DWS = 160;

    // Clocks and reset, driven by Python. pix_clock is half as fast as clock, and stands still unless pix_run is set.
    reg clock;
    reg reset;
    reg pix_run;
    reg pix_clock;

    // Towards the card: eight slots, Python is ahead by pushed - popped of them.
    reg [32*DWS-1:0] slot [0:7];
    reg [39:0] slot_info [0:7];   // {earliest clock[31:0], DWs[7:0]}
    reg [31:0] pushed;
    reg [31:0] popped;
    reg [7:0] rx_stall;           // an idle clock before a DW, in 1/256
    reg [3:0] rx_burst;           // further idle clocks follow one: 0 to rx_burst
    reg [3:0] rx_gap;             // idle clocks after each packet

    // From the card.
    reg [32*DWS-1:0] tx_packet;   // stable from tx_done on for two clocks or more
    reg [71:0] tx_info;           // {clock of the last DW, clock of the first DW, DWs[7:0]}
    reg [31:0] tx_done;
    reg [7:0] tx_stall;
    reg [3:0] tx_burst;
    reg [3:0] tx_gap;
    reg tx_hold;                  // nothing leaves the card

    // Link credits: what the host gives the card, what the card gives the host.
    reg [19:0] limit_posted;
    reg [19:0] limit_nonposted;
    reg [19:0] limit_completion;
    reg [5:0] limit_infinite;
    wire [19:0] allocated_posted;
    wire [19:0] allocated_nonposted;

    // Statistics.
    reg [31:0] cycle;
    reg [31:0] rx_beats;
    reg [31:0] tx_beats;
    reg [31:0] rx_last_cycle;     // clock in which the last DW of the latest packet moved
    reg [31:0] tx_violations;     // clocks in which the card changed a DW it had offered
    reg [31:0] seed;

    reg [31:0] rx_data;
    reg rx_last;
    reg rx_valid;
    wire rx_ready;
    wire [31:0] tx_data;
    wire tx_last;
    wire tx_valid;
    reg tx_ready;

    top card (
        .sys_clock(clock),
        .pix_clock(pix_clock),
        .reset(reset),
        .credit_limit_posted(limit_posted),
        .credit_limit_nonposted(limit_nonposted),
        .credit_limit_completion(limit_completion),
        .credit_infinite(limit_infinite),
        .credit_allocated_posted(allocated_posted),
        .credit_allocated_nonposted(allocated_nonposted),
        .ddc_scl(1'b1),
        .ddc_sda(1'b1),
        .hotplug(1'b0),
        .rx_data(rx_data),
        .rx_last(rx_last),
        .rx_valid(rx_valid),
        .rx_ready(rx_ready),
        .tx_data(tx_data),
        .tx_last(tx_last),
        .tx_valid(tx_valid),
        .tx_ready(tx_ready)
    );

    function [31:0] wire_order(input [31:0] word);
        wire_order = {word[7:0], word[15:8], word[23:16], word[31:24]};
    endfunction

    // Xorshift; the three uses take different bits.
    function [31:0] shuffle(input [31:0] state);
        reg [31:0] s;
        begin
            s = state;
            s = s ^ (s << 13);
            s = s ^ (s >> 17);
            s = s ^ (s << 5);
            shuffle = s;
        end
    endfunction

    initial begin
        clock = 0;
        pix_clock = 0;
        pix_run = 0;
        seed = 1;
        cycle = 0;
    end

    always @(posedge clock) begin
        seed <= shuffle(seed);
        cycle <= cycle + 1;
        if (pix_run) pix_clock <= ~pix_clock;
    end

    // Towards the card.
    reg [7:0] rx_index;
    reg [31:0] rx_front;          // popped, one packet earlier
    reg [3:0] rx_wait;
    reg [39:0] rx_head;
    reg rx_open;
    always @(posedge clock) begin : receive
        reg [7:0] index;
        reg [31:0] front;
        reg [3:0] pause;
        if (reset) begin
            popped <= 0;
            rx_front <= 0;
            rx_index <= 0;
            rx_wait <= 0;
            rx_valid <= 0;
            rx_last <= 0;
            rx_data <= 0;
            rx_beats <= 0;
            rx_last_cycle <= 0;
        end else begin
            index = rx_index;
            front = rx_front;
            pause = rx_wait;
            if (rx_valid && rx_ready) begin
                rx_beats <= rx_beats + 1;
                index = index + 1;
                if (rx_last) begin
                    index = 0;
                    front = front + 1;
                    pause = rx_gap;
                    rx_last_cycle <= cycle;
                end
            end
            if (!rx_valid || rx_ready) begin
                rx_head = slot_info[front[2:0]];
                rx_open = front != pushed && $signed(cycle - rx_head[39:8]) >= 0;
                if (pause != 0) begin
                    pause = pause - 1;
                    rx_open = 0;
                end else if (rx_open && seed[7:0] < rx_stall) begin
                    rx_open = 0;
                    pause = (rx_burst == 0) ? 0 : seed[11:8] % (rx_burst + 1);
                end
                rx_valid <= rx_open;
                rx_last <= rx_open && index + 8'd1 == rx_head[7:0];
                if (rx_open) rx_data <= wire_order(slot[front[2:0]][32*index +: 32]);
            end
            rx_index <= index;
            rx_front <= front;
            rx_wait <= pause;
            popped <= front;
        end
    end

    // From the card.
    reg [32*DWS-1:0] collected;
    reg [7:0] tx_index;
    reg [31:0] tx_first;
    reg [3:0] tx_wait;
    reg [31:0] tx_ended;
    reg offered;
    reg [32:0] offer;
    always @(posedge clock) begin : transmit
        reg [3:0] pause;
        reg open;
        if (reset) begin
            tx_packet <= 0;
            tx_info <= 0;
            tx_done <= 0;
            tx_ended <= 0;
            tx_index <= 0;
            tx_wait <= 0;
            tx_ready <= 0;
            tx_beats <= 0;
            tx_violations <= 0;
            offered <= 0;
            offer <= 0;
            collected <= 0;
            tx_first <= 0;
        end else begin
            pause = tx_wait;
            if (offered && (!tx_valid || offer != {tx_last, tx_data})) tx_violations <= tx_violations + 1;
            offered <= tx_valid && !tx_ready;
            offer <= {tx_last, tx_data};
            tx_done <= tx_ended;
            if (tx_valid && tx_ready) begin
                tx_beats <= tx_beats + 1;
                if (tx_index == 0) tx_first <= cycle;
                if (tx_index < DWS) collected[32*tx_index +: 32] <= wire_order(tx_data);
                if (tx_last) begin
                    tx_packet <= collected;
                    tx_packet[32*tx_index +: 32] <= wire_order(tx_data);
                    tx_info <= {cycle, (tx_index == 0) ? cycle : tx_first, tx_index + 8'd1};
                    tx_ended <= tx_ended + 1;
                    tx_index <= 0;
                    pause = tx_gap;
                end else if (tx_index != 8'd254) tx_index <= tx_index + 1;
            end
            open = !tx_hold;
            if (pause != 0) begin
                pause = pause - 1;
                open = 0;
            end else if (seed[23:16] < tx_stall) begin
                open = 0;
                pause = (tx_burst == 0) ? 0 : seed[27:24] % (tx_burst + 1);
            end
            tx_ready <= open;
            tx_wait <= pause;
        end
    end
endmodule
