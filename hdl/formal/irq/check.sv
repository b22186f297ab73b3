// Interrupts: no message is lost, none is sent without reason, each is whole and says the right thing.
//
// Everything is predicted from the register bus, the sources and the configuration: the block's registers serve lemmas only.
module check(
    input clock, input reset,
    input [15:0] bus_address, input [31:0] bus_wdata, input [3:0] bus_be, input bus_write,
    input [6:0] pending, input msi_enable, input bus_master_enable,
    input [31:0] msi_address_lo, input [31:0] msi_address_hi, input [15:0] msi_message, input [2:0] msi_vectors,
    input intx_enable, input [15:0] requester_id, input msi_ready
);
    wire [31:0] bus_rdata, msi_data;
    wire msi_last, msi_valid, intx_level;
    top uut(.clock(clock), .reset(reset), .bus_address(bus_address), .bus_wdata(bus_wdata), .bus_be(bus_be),
        .bus_write(bus_write), .bus_rdata(bus_rdata),
        .pending_dma(pending[0]), .pending_crtc(pending[1]), .pending_plane(pending[2]), .pending_sem(pending[3]),
        .pending_mem(pending[4]), .pending_ddc(pending[5]), .pending_pcie(pending[6]),
        .msi_enable(msi_enable), .bus_master_enable(bus_master_enable),
        .msi_address_lo(msi_address_lo), .msi_address_hi(msi_address_hi), .msi_message(msi_message),
        .msi_vectors(msi_vectors), .intx_enable(intx_enable), .requester_id(requester_id),
        .msi_data(msi_data), .msi_last(msi_last), .msi_valid(msi_valid), .msi_ready(msi_ready), .intx_level(intx_level));

    `INDUCTION(clock)

    always @* assume(msi_vectors <= 2); // one, two or four

    // Registers as software wrote them.
    reg [6:0] enable = 0;
    reg [13:0] map = 0;
    reg [3:0] rearm = 0; // in the clock after the write
    wire write = bus_write && bus_address[15:8] == 8'h11;
    wire [5:0] word = bus_address[7:2];
    always @(posedge clock) begin
        rearm <= write && word == 7 && bus_be[0] ? bus_wdata[3:0] : 0;
        if (write && word == 6 && bus_be[0]) enable <= bus_wdata[6:0];
        if (write && word == 9 && bus_be[0]) map[7:0] <= bus_wdata[7:0];
        if (write && word == 9 && bus_be[1]) map[13:8] <= bus_wdata[13:8];
        if (reset) begin enable <= 0; map <= 0; rearm <= 0; end
    end

    // Which vectors have a source that wants attention.
    wire [1:0] usable = msi_vectors == 0 ? 2'b00 : msi_vectors == 1 ? 2'b01 : 2'b11;
    wire [6:0] wants = pending & enable;
    reg [3:0] asked;
    integer i;
    always @* begin
        asked = 0;
        for (i = 0; i < 7; i = i + 1)
            if (wants[i]) asked[map[2*i +: 2] & usable] = 1;
    end

    // The message that must come next, and the one under way.
    reg [3:0] armed = 4'hF;
    wire [3:0] due = asked & armed;
    wire [3:0] first_due = due & (~due + 4'd1);
    wire can_send = msi_enable && bus_master_enable;
    wire starts = !msi_valid && due != 0 && can_send && !reset;
    reg able = 0;
    reg started = 0, was_valid = 0, was_last = 0, was_reset = 1;
    reg [2:0] beat = 0;
    reg [31:0] low, high;
    reg [15:0] message;
    reg [15:0] number;
    wire [1:0] vector = first_due[1] ? 1 : first_due[2] ? 2 : first_due[3] ? 3 : 0;
    always @(posedge clock) begin
        started <= starts;
        was_valid <= msi_valid && !reset;
        was_last <= msi_valid && msi_ready && msi_last;
        was_reset <= reset;
        able <= can_send && !reset;
        // switching messages on arms every vector
        armed <= reset ? 4'hF : ((can_send && !able ? 4'hF : armed) & ~(starts ? first_due : 4'd0)) |
            (can_send && !able ? 4'd0 : rearm);
        if (starts) begin
            low <= msi_address_lo;
            high <= msi_address_hi;
            number <= requester_id;
            message <= (msi_message & ~{14'd0, usable}) | vector;
        end
        if (starts || reset) beat <= 0;
        else if (msi_valid && msi_ready) beat <= beat + 1;
    end
    wire wide = high != 0;
    wire [2:0] last_beat = wide ? 4 : 3;
    wire [31:0] expected = beat == 0 ? (wide ? 32'h6000_0001 : 32'h4000_0001) : beat == 1 ? {number, 16'h000F} :
        beat == last_beat ? {message[7:0], message[15:8], 16'h0000} : wide && beat == 2 ? high : low;

    wire kept;
    stream_monitor #(33) monitor(clock, reset, msi_valid, msi_ready, {msi_last, msi_data}, kept);

    (* hierconn *) wire [2:0] \uut.state$q ;
    (* hierconn *) wire [3:0] \uut.disarmed$q ;
    (* hierconn *) wire \uut.able$q ;
    wire uut_able = \uut.able$q ;
    (* hierconn *) wire [31:0] \uut.low$q ;
    (* hierconn *) wire [31:0] \uut.high$q ;
    (* hierconn *) wire [15:0] \uut.message$q ;
    (* hierconn *) wire [15:0] \uut.number$q ;
    (* hierconn *) wire [1:0] \uut.vector$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_enable$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_rearm$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_vector_map$q ;
    wire [2:0] state = \uut.state$q ;
    wire [3:0] disarmed = \uut.disarmed$q ;
    wire [31:0] uut_low = \uut.low$q ;
    wire [31:0] uut_high = \uut.high$q ;
    wire [15:0] uut_message = \uut.message$q ;
    wire [15:0] uut_number = \uut.number$q ;
    wire [1:0] uut_vector = \uut.vector$q ;
    wire [31:0] uut_enable = \uut.regs.dff_enable$q ;
    wire [31:0] uut_rearm = \uut.regs.dff_rearm$q ;
    wire [31:0] uut_map = \uut.regs.dff_vector_map$q ;
    // IDLE 0, HEAD 1, REQUESTER 2, HIGH 3, LOW 4, DATA 5
    wire [2:0] state_of_beat = beat == 0 ? 1 : beat == 1 ? 2 : beat == last_beat ? 5 : wide && beat == 2 ? 3 : 4;

    always @* begin
        `PROVE(no_interrupt_lost, !started || msi_valid)
        `PROVE(no_interrupt_without_reason, !msi_valid || started || was_valid)
        `PROVE(message_is_right, !msi_valid || msi_data == expected)
        `PROVE(message_is_whole, !msi_valid || (msi_last == (beat == last_beat) && beat <= last_beat))
        `PROVE(ends_with_its_last, !(was_valid && !was_last && !was_reset) || msi_valid)
        `PROVE(msi_stable, reset || kept)
        `PROVE(inta_is_the_level, intx_level == (wants != 0))

        `PROVE(l_state, !msi_valid ? state == 0 : state == state_of_beat)
        `PROVE(l_disarmed, disarmed == ~armed)
        `PROVE(l_able, uut_able == able)
        `PROVE(l_enable, uut_enable == enable)
        `PROVE(l_rearm, uut_rearm == rearm)
        `PROVE(l_map, uut_map == map)
        `PROVE(l_message, !msi_valid || (uut_low == low && uut_high == high && (uut_message | uut_vector) == message))
        `PROVE(l_number, !msi_valid || uut_number == number)
        `PROVE(l_place, !msi_valid || (uut_message & uut_vector) == 0)
    end
endmodule
