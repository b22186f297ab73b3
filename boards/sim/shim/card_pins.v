// Input pins of the simulated card, registered, for the fast build of the verilated model.
//
// In this build every change of a clock pin is an active edge (the build replaces `posedge` by `edge`
// in the card's Verilog), so a clock costs one evaluation instead of two. Inputs for the next edge
// are put on the pins before the present one and taken here, so the logic behind the pins settles in
// that same evaluation. A change of `load` takes them without a clock.
module card_pins(
    input wire sys_clock,
    input wire pix_clock,
    input wire load,
    input wire reset,
    input wire [31:0] rx_data,
    input wire rx_last,
    input wire rx_valid,
    input wire tx_ready,
    input wire ddc_scl,
    input wire ddc_sda,
    input wire hotplug,
    input wire [19:0] credit_limit_posted,
    input wire [19:0] credit_limit_nonposted,
    input wire [19:0] credit_limit_completion,
    input wire [5:0] credit_infinite,
    output wire rx_ready,
    output wire [31:0] tx_data,
    output wire tx_last,
    output wire tx_valid,
    output wire [19:0] credit_allocated_posted,
    output wire [19:0] credit_allocated_nonposted,
    output wire [9:0] tmds_blue,
    output wire [9:0] tmds_green,
    output wire [9:0] tmds_red,
    output wire [23:0] rgb,
    output wire de,
    output wire hsync,
    output wire vsync,
    output wire [2:0] clock_select,
    output wire display_on,
    output wire ddc_scl_low,
    output wire ddc_sda_low
);
    reg reset_q;
    reg [31:0] rx_data_q;
    reg rx_last_q;
    reg rx_valid_q;
    reg tx_ready_q;
    reg ddc_scl_q;
    reg ddc_sda_q;
    reg hotplug_q;
    reg [19:0] credit_limit_posted_q;
    reg [19:0] credit_limit_nonposted_q;
    reg [19:0] credit_limit_completion_q;
    reg [5:0] credit_infinite_q;

    initial begin
        reset_q = 0;
        rx_data_q = 0;
        rx_last_q = 0;
        rx_valid_q = 0;
        tx_ready_q = 0;
        ddc_scl_q = 1;
        ddc_sda_q = 1;
        hotplug_q = 0;
        credit_limit_posted_q = 0;
        credit_limit_nonposted_q = 0;
        credit_limit_completion_q = 0;
        credit_infinite_q = 0;
    end

    always @(edge sys_clock or edge load) begin
        reset_q <= reset;
        rx_data_q <= rx_data;
        rx_last_q <= rx_last;
        rx_valid_q <= rx_valid;
        tx_ready_q <= tx_ready;
        ddc_scl_q <= ddc_scl;
        ddc_sda_q <= ddc_sda;
        hotplug_q <= hotplug;
        credit_limit_posted_q <= credit_limit_posted;
        credit_limit_nonposted_q <= credit_limit_nonposted;
        credit_limit_completion_q <= credit_limit_completion;
        credit_infinite_q <= credit_infinite;
    end

    top card(
        .sys_clock(sys_clock),
        .pix_clock(pix_clock),
        .reset(reset_q),
        .rx_data(rx_data_q),
        .rx_last(rx_last_q),
        .rx_valid(rx_valid_q),
        .tx_ready(tx_ready_q),
        .ddc_scl(ddc_scl_q),
        .ddc_sda(ddc_sda_q),
        .hotplug(hotplug_q),
        .credit_limit_posted(credit_limit_posted_q),
        .credit_limit_nonposted(credit_limit_nonposted_q),
        .credit_limit_completion(credit_limit_completion_q),
        .credit_infinite(credit_infinite_q),
        .rx_ready(rx_ready),
        .tx_data(tx_data),
        .tx_last(tx_last),
        .tx_valid(tx_valid),
        .credit_allocated_posted(credit_allocated_posted),
        .credit_allocated_nonposted(credit_allocated_nonposted),
        .tmds_blue(tmds_blue),
        .tmds_green(tmds_green),
        .tmds_red(tmds_red),
        .rgb(rgb),
        .de(de),
        .hsync(hsync),
        .vsync(vsync),
        .clock_select(clock_select),
        .display_on(display_on),
        .ddc_scl_low(ddc_scl_low),
        .ddc_sda_low(ddc_sda_low)
    );
endmodule
