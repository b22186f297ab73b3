// Semaphores: exclusion as the agents see it, on the register bus. One semaphore, any of the eight, is watched.

// The RAM of lease stamps: only the watched semaphore's word is kept, see `one_word_ram`.
module \top$stamps (
    input clock, input [2:0] read_address, output [31:0] read_data,
    input [2:0] write_address, input [31:0] write_data, input write_enable
);
    one_word_ram #(32, 3) one(clock, read_address, read_data, write_address, write_data, write_enable);
endmodule

module check(
    input clock, input reset,
    input [15:0] bus_address, input [31:0] bus_wdata, input [3:0] bus_be, input bus_write, input [1:0] bus_agent
);
    wire [31:0] bus_rdata;
    wire interrupt;
    top uut(.clock(clock), .reset(reset), .bus_address(bus_address), .bus_wdata(bus_wdata), .bus_be(bus_be),
        .bus_write(bus_write), .bus_agent(bus_agent), .bus_rdata(bus_rdata), .interrupt(interrupt));

    `INDUCTION(clock)

    (* hierconn *) wire [2:0] \uut.stamps.one.kept_address ;
    (* hierconn *) wire [31:0] \uut.stamps.one.word ;
    (* hierconn *) wire [31:0] \uut.stamps.one.kept_read ;
    (* hierconn *) wire \uut.stamps.one.kept ;
    (* hierconn *) wire [31:0] \uut.locks$0$q ;
    (* hierconn *) wire [31:0] \uut.locks$1$q ;
    (* hierconn *) wire [31:0] \uut.locks$2$q ;
    (* hierconn *) wire [31:0] \uut.locks$3$q ;
    (* hierconn *) wire [31:0] \uut.locks$4$q ;
    (* hierconn *) wire [31:0] \uut.locks$5$q ;
    (* hierconn *) wire [31:0] \uut.locks$6$q ;
    (* hierconn *) wire [31:0] \uut.locks$7$q ;
    (* hierconn *) wire [31:0] \uut.now$q ;
    (* hierconn *) wire [7:0] \uut.expired$q ;
    (* hierconn *) wire [2:0] \uut.scanned$q ;
    (* hierconn *) wire \uut.touched$q ;
    (* hierconn *) wire [2:0] \uut.touched_index$q ;
    (* hierconn *) wire [31:0] \uut.read_lock$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_rdata$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_break$q ;
    (* hierconn *) wire [31:0] \uut.regs.dff_lease_cycles$q ;
    wire [2:0] k = \uut.stamps.one.kept_address ;
    wire [31:0] lock = k == 0 ? \uut.locks$0$q : k == 1 ? \uut.locks$1$q : k == 2 ? \uut.locks$2$q :
        k == 3 ? \uut.locks$3$q : k == 4 ? \uut.locks$4$q : k == 5 ? \uut.locks$5$q :
        k == 6 ? \uut.locks$6$q : \uut.locks$7$q ;
    wire [31:0] stamp = \uut.stamps.one.word ;
    wire [31:0] stamp_read = \uut.stamps.one.kept_read ;
    wire stamp_here = \uut.stamps.one.kept ;
    wire [31:0] now = \uut.now$q ;
    wire [7:0] expired = \uut.expired$q ;
    wire scanned = \uut.scanned$q == k;
    wire touched = \uut.touched$q && \uut.touched_index$q == k;
    wire [31:0] lock_read = \uut.read_lock$q ;
    wire [31:0] bus_read = \uut.regs.dff_rdata$q ;
    wire [31:0] break_word = \uut.regs.dff_break$q ;
    wire [31:0] lease_word = \uut.regs.dff_lease_cycles$q ;
    wire [17:0] holder = lock[17:0]; // agent, owner
    wire free = holder[15:0] == 0;

    // What happens on the bus.
    wire [15:0] place = 16'h1240 + {k, 2'b00};
    wire here = bus_address[15:2] == place[15:2];
    wire write = here && bus_write && bus_be == 4'hF && !reset;
    wire [15:0] owner = bus_wdata[15:0];
    wire release_write = write && owner == 0 && bus_agent == holder[17:16];
    wire claim_write = write && owner != 0;
    wire claimed = claim_write && free;
    wire refreshed = claim_write && holder == {bus_agent, owner};
    reg break_asked = 0;
    always @(posedge clock)
        break_asked <= !reset && bus_write && bus_address[15:2] == 14'(16'h121C >> 2) && bus_be[3:2] == 2'b11
            && bus_wdata[31:16] == 16'hB4EA && (bus_be[0] ? bus_wdata[2:0] : 3'd0) == k;
    // Time since the last claim or refresh, and whether it ever reached the lease.
    reg [31:0] lease = 32'd62_500_000;
    reg [31:0] age = 0;
    reg over = 0;
    always @(posedge clock) begin
        age <= claimed || refreshed ? 1 : age + 1;
        over <= !(claimed || refreshed) && (over || age >= lease);
        if (reset) lease <= 32'd62_500_000;
        else if (bus_write && bus_address[15:2] == 14'(16'h1218 >> 2)) begin
            if (bus_be[0]) lease[7:0] <= bus_wdata[7:0];
            if (bus_be[1]) lease[15:8] <= bus_wdata[15:8];
            if (bus_be[2]) lease[23:16] <= bus_wdata[23:16];
            if (bus_be[3]) lease[31:24] <= bus_wdata[31:24];
        end
    end

    // The holder before this clock, and what then happened.
    reg [17:0] held = 0;
    reg was_release = 0, was_break = 0, was_over = 0, was_claim = 0, was_reset = 1;
    reg [17:0] claimant = 0;
    always @(posedge clock) begin
        held <= holder;
        was_release <= release_write;
        was_break <= break_asked;
        was_over <= over;
        was_claim <= claim_write;
        claimant <= {bus_agent, owner};
        was_reset <= reset;
    end
    wire was_free = held[15:0] == 0;
    wire changed = holder != held && !was_reset;

    // A read: the address stays for two more clocks and nobody writes or breaks, then the answer is there.
    reg [1:0] steady = 0;
    always @(posedge clock) steady <= !here || bus_write || reset || break_asked ? 0 : steady == 2 ? 2 : steady + 1;
    wire answered = steady == 2 && here && !bus_write;

    // Two parties, any two: each believes that it holds the semaphore once it read itself there, until its agent
    // releases the semaphore or somebody breaks it.
    (* anyconst *) reg [17:0] one;
    (* anyconst *) reg [17:0] two;
    always @* assume(one != two && one[15:0] != 0 && two[15:0] != 0);
    wire broken = break_asked && !free && over;
    reg one_believes = 0, two_believes = 0;
    always @(posedge clock) begin
        one_believes <= !(reset || broken || write && owner == 0 && bus_agent == one[17:16]) && (one_believes || answered && bus_rdata == one);
        two_believes <= !(reset || broken || write && owner == 0 && bus_agent == two[17:16]) && (two_believes || answered && bus_rdata == two);
    end

    always @* begin
        `PROVE(never_two_holders, !(one_believes && two_believes))
        `PROVE(released_only_by_its_agent, !(changed && !was_free) || (free && (was_release || was_break)))
        `PROVE(broken_only_after_the_lease, !(changed && !was_free && !was_release) || was_over)
        `PROVE(claimed_only_when_free, !(changed && !free) || (was_free && was_claim && holder == claimant))
        `PROVE(claim_of_a_free_one_succeeds, was_reset || !(was_free && was_claim) || holder == claimant)
        `PROVE(release_frees, was_reset || !was_release || free)
        `PROVE(read_tells_the_holder, !answered || bus_rdata == holder)

        `PROVE(l_one, !one_believes || holder == one)
        `PROVE(l_two, !two_believes || holder == two)
        `PROVE(l_lease, lease == (lease_word ^ 32'd62_500_000))
        `PROVE(l_break, break_asked == (break_word[31:16] == 16'hB4EA && break_word[2:0] == k))
        `PROVE(l_stamp, free || age == now - stamp)
        `PROVE(l_read, !(stamp_here && !touched && !free) || stamp_read == stamp)
        `PROVE(l_scan, !scanned || stamp_here)
        `PROVE(l_over, free || !expired[k] || over)
        `PROVE(l_steady_one, steady < 1 || lock_read == holder)
        `PROVE(l_steady_two, steady < 2 || bus_read == holder)
    end
endmodule
