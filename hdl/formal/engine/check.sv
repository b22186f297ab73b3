// The engine's gate: nothing of a transfer may start unless its handle is good at that moment. Walker, reader, writer, landing
// and accounts are cut away: whatever they do, this holds. One slot, any of the 32, is watched on the register bus.

// Slot memory: only the watched slot's words are kept, see `one_word_ram`.
module \top$sg_table$engine_control (
    input clock, input [4:0] read_address, output [31:0] read_data,
    input [4:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 5) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule
module \top$sg_table$engine_table (
    input clock, input [4:0] read_address, output [31:0] read_data,
    input [4:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 5) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule
module \top$sg_table$engine_total (
    input clock, input [4:0] read_address, output [31:0] read_data,
    input [4:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 5) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule

module check(
    input clock, input reset,
    input [15:0] bus_address, input [31:0] bus_wdata, input [3:0] bus_be, input bus_write,
    input [2:0] max_payload, input [2:0] max_read_request, input [15:0] requester_id,
    input bus_master_enable, input read_credit, input write_credit,
    input cpl_valid, input cpl_last, input [31:0] cpl_data, input tx_ready, input cmd_ready,
    input rvalid, input [31:0] rdata_lo, input [31:0] rdata_hi
);
    wire interrupt;
    top uut(.clock(clock), .reset(reset), .bus_address(bus_address), .bus_wdata(bus_wdata), .bus_be(bus_be),
        .bus_write(bus_write), .interrupt(interrupt), .max_payload(max_payload), .max_read_request(max_read_request),
        .requester_id(requester_id), .bus_master_enable(bus_master_enable), .read_credit(read_credit),
        .write_credit(write_credit), .cpl_valid(cpl_valid), .cpl_last(cpl_last), .cpl_data(cpl_data),
        .tx_ready(tx_ready), .cmd_ready(cmd_ready), .rvalid(rvalid), .rdata_lo(rdata_lo), .rdata_hi(rdata_hi));

    `INDUCTION(clock)

    // What the engine tells the parts that make requests.
    (* hierconn *) wire \uut.reader$allow ;
    (* hierconn *) wire \uut.writer$allow ;
    (* hierconn *) wire \uut.walker$start_strobe ;
    (* hierconn *) wire [10:0] \uut.walker$first ;
    (* hierconn *) wire [11:0] \uut.walker$count ;
    (* hierconn *) wire [2:0] \uut.walker$block_code ;
    wire read_allowed = \uut.reader$allow ;
    wire write_allowed = \uut.writer$allow ;
    wire walk_starts = \uut.walker$start_strobe ;
    wire [10:0] walk_first = \uut.walker$first ;
    wire [11:0] walk_count = \uut.walker$count ;
    wire [2:0] block_code = \uut.walker$block_code ;
    // What they tell the engine.
    (* hierconn *) wire \uut.reader$tx_idle ;
    (* hierconn *) wire \uut.reader$in_flight ;
    (* hierconn *) wire \uut.writer$idle ;
    (* hierconn *) wire \uut.landing$idle ;
    (* hierconn *) wire \uut.walker$done ;
    (* hierconn *) wire [31:0] \uut.extent$host_end ;
    (* hierconn *) wire [31:0] \uut.extent$card_end ;
    (* hierconn *) wire [7:0] \uut.reader$error_code ;
    always @* assume(\uut.reader$error_code != 1); // an error is not success
    (* hierconn *) wire \uut.extent$overflow ;
    (* hierconn *) wire \uut.extent$malformed ;
    wire nothing_open = \uut.reader$tx_idle && !\uut.reader$in_flight && \uut.writer$idle && \uut.landing$idle ;
    wire walk_done = \uut.walker$done ;
    wire [31:0] host_end = \uut.extent$host_end ;
    wire [31:0] card_end = \uut.extent$card_end ;
    wire sums_bad = \uut.extent$overflow || \uut.extent$malformed ;
    // Registers, for lemmas.
    (* hierconn *) wire [2:0] \uut.state$q ;
    (* hierconn *) wire [7:0] \uut.slot$q ;
    (* hierconn *) wire [15:0] \uut.generation$q ;
    (* hierconn *) wire \uut.to_host$q ;
    (* hierconn *) wire \uut.abort$q ;
    (* hierconn *) wire [7:0] \uut.code$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_handle$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_control$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_intr_state$q ;
    (* hierconn *) wire [31:0] \uut.sg_table.valid$q ;
    (* hierconn *) wire [4:0] \uut.sg_table.engine_control.one.kept_address ;
    (* hierconn *) wire [4:0] \uut.sg_table.engine_table.one.kept_address ;
    (* hierconn *) wire [4:0] \uut.sg_table.engine_total.one.kept_address ;
    (* hierconn *) wire [31:0] \uut.sg_table.engine_control.one.word ;
    (* hierconn *) wire [31:0] \uut.sg_table.engine_table.one.word ;
    (* hierconn *) wire [31:0] \uut.sg_table.engine_total.one.word ;
    (* hierconn *) wire [31:0] \uut.sg_table.engine_control.one.kept_read ;
    (* hierconn *) wire [31:0] \uut.sg_table.engine_table.one.kept_read ;
    (* hierconn *) wire [31:0] \uut.sg_table.engine_total.one.kept_read ;
    (* hierconn *) wire \uut.sg_table.engine_control.one.kept ;
    (* hierconn *) wire \uut.sg_table.engine_table.one.kept ;
    (* hierconn *) wire \uut.sg_table.engine_total.one.kept ;
    localparam IDLE = 0, LOOKUP = 1, CHECK = 2, RUN = 3, DRAIN = 4, FINISH = 5;
    wire [2:0] state = \uut.state$q ;
    wire [7:0] uut_slot = \uut.slot$q ;
    wire [15:0] uut_generation = \uut.generation$q ;
    wire uut_to_host = \uut.to_host$q ;
    wire [7:0] code = \uut.code$q ;
    wire [31:0] uut_handle = \uut.regs.dff_handle$q ;
    wire [31:0] uut_control = \uut.regs.dff_control$q ;
    wire [31:0] intr_state = \uut.regs.dff_intr_state$q ;
    wire [31:0] uut_valid = \uut.sg_table.valid$q ;
    wire [31:0] control_word = \uut.sg_table.engine_control.one.word ;
    wire [31:0] table_word = \uut.sg_table.engine_table.one.word ;
    wire [31:0] total_word = \uut.sg_table.engine_total.one.word ;
    wire [31:0] control_read = \uut.sg_table.engine_control.one.kept_read ;
    wire [31:0] table_read = \uut.sg_table.engine_table.one.kept_read ;
    wire [31:0] total_read = \uut.sg_table.engine_total.one.kept_read ;
    wire all_here = \uut.sg_table.engine_control.one.kept && \uut.sg_table.engine_table.one.kept && \uut.sg_table.engine_total.one.kept ;
    wire [4:0] s = \uut.sg_table.engine_control.one.kept_address ;
    always @* assume(s == \uut.sg_table.engine_table.one.kept_address && s == \uut.sg_table.engine_total.one.kept_address );

    // The slot as the host wrote it, now and one clock ago.
    wire slot_write = bus_write && bus_be == 4'hF && bus_address[15:9] == 7'h0C && bus_address[8:4] == s;
    reg valid = 0;
    reg [31:0] slot_control = 0, slot_table = 0, slot_total = 0, last_control = 0, last_table = 0, last_total = 0;
    always @(posedge clock) begin
        if (slot_write && bus_address[3:2] == 0) slot_table <= bus_wdata;
        if (slot_write && bus_address[3:2] == 1) slot_total <= bus_wdata;
        if (slot_write && bus_address[3:2] == 2) begin
            slot_control <= bus_wdata & 32'hFFFF0006;
            valid <= bus_wdata[0];
        end
        if (reset) valid <= 0;
        last_control <= slot_control;
        last_table <= slot_table;
        last_total <= slot_total;
    end

    // The transfer as the host asked for it.
    wire write = bus_write && bus_address[15:8] == 8'h14;
    reg [31:0] handle = 0;
    reg [2:0] control = 0; // in the clock after the write: SUBMIT, ABORT, DIRECTION
    reg [7:0] slot = 0;
    reg [15:0] generation = 0;
    reg to_host = 0, test = 0, was_reset = 1, was_open = 0, was_done = 0, was_start = 0;
    reg [2:0] was_state = 0;
    reg last_intr = 0, was_test = 0, was_finish_ok = 0;
    always @(posedge clock) begin
        if (write && bus_address[7:2] == 6) begin
            if (bus_be[0]) handle[7:0] <= bus_wdata[7:0];
            if (bus_be[2]) handle[23:16] <= bus_wdata[23:16];
            if (bus_be[3]) handle[31:24] <= bus_wdata[31:24];
        end
        control <= write && bus_address[7:2] == 13 && bus_be[0] ? bus_wdata[2:0] : 0;
        if (control[0] && state == IDLE) begin
            slot <= handle[7:0];
            generation <= handle[31:16];
            to_host <= control[2];
        end
        if (reset) begin handle <= 0; control <= 0; to_host <= 0; end
        was_reset <= reset;
        was_state <= state;
        was_open <= !nothing_open;
        was_done <= walk_done;
        was_start <= walk_starts;
        last_intr <= intr_state[0];
        was_test <= write && bus_address[7:2] == 3 && bus_be[0] && bus_wdata[0];
        was_finish_ok <= state == FINISH && code == 1;
    end
    wire here = slot[4:0] == s;
    wire right = to_host ? last_control[2] : last_control[1];
    wire allowed = read_allowed || write_allowed;

    always @* begin
        `PROVE(only_a_valid_slot, !(allowed && here) || (valid && slot < 32))
        `PROVE(only_its_generation, !(allowed && here) || last_control[31:16] == generation)
        `PROVE(only_with_the_right, !(allowed && here) || right)
        `PROVE(only_its_direction, (!read_allowed || !to_host) && (!write_allowed || to_host))
        `PROVE(only_as_bus_master, !allowed || bus_master_enable)
        `PROVE(nothing_before_the_walk, !allowed || state == RUN)
        `PROVE(walk_only_of_a_good_handle, !(walk_starts && here) ||
            (valid && slot < 32 && last_control[31:16] == generation && right && bus_master_enable))
        `PROVE(walk_has_the_tables_elements, !(walk_starts && here) || (walk_first == last_table[10:0]
            && walk_count == last_table[27:16] && last_table[15:0] + {1'b0, last_table[31:16]} <= 2048))
        `PROVE(walk_within_the_total, !(walk_starts && here) || (!sums_bad && host_end <= last_total && card_end <= 32'h100000))
        `PROVE(chunks_within_the_limits, block_code <= (to_host ? (max_payload > 2 ? 2 : max_payload) : (max_read_request > 5 ? 0 : max_read_request)))
        `PROVE(ends_with_nothing_open, was_reset || !(state == FINISH && was_state != FINISH && was_state != CHECK) || !was_open)
        `PROVE(done_only_when_delivered, was_reset || !(state == FINISH && code == 1 && was_state == RUN) || (was_done && !was_open))
        `PROVE(interrupt_only_when_done, was_reset || !(intr_state[0] && !last_intr) || was_test || was_finish_ok)

        `PROVE(l_valid, uut_valid[s] == valid)
        `PROVE(l_words, control_word == slot_control && table_word == slot_table && total_word == slot_total)
        `PROVE(l_reads, !all_here || was_reset || (control_read == last_control && table_read == last_table && total_read == last_total))
        `PROVE(l_handle, uut_handle == handle && uut_control == control)
        `PROVE(l_transfer, state == IDLE || (uut_slot == slot && uut_generation == generation))
        `PROVE(l_direction, uut_to_host == to_host)
        `PROVE(l_here, !(state != IDLE && state != LOOKUP && here) || all_here)
        `PROVE(l_state, state <= FINISH)
        `PROVE(l_drain, state != DRAIN || code != 1)
        `PROVE(l_code, !(state == FINISH && code == 1) || was_state == RUN || was_reset)
    end
endmodule
