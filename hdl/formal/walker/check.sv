// Table walker: what it emits stays inside the elements it was given, inside a block and a page.
//
// The table is arbitrary, and may even change while it is read: in each clock the element port answers
// anything, except that an element of the walk never covers the forbidden byte.
module check(
    input clock, input reset,
    input load_strobe, input [31:0] offset, input [31:0] length, input [15:0] rows, input [31:0] host_pitch,
    input [31:0] card_address, input [31:0] card_pitch,
    input start_strobe, input [10:0] first, input [11:0] count, input stop, input [2:0] block_code,
    input [31:0] element_address_lo, input [31:0] element_address_hi, input [31:0] element_length,
    input chunk_ready
);
    wire active, chunk_valid, done, fault;
    wire [31:0] chunk_host_lo, chunk_host_hi, chunk_card, position_lo, position_hi;
    wire [10:0] element_idx;
    wire [12:0] chunk_bytes;
    wire [9:0] chunk_dws;
    wire [7:0] chunk_be;
    \top$walker uut(.clock(clock), .reset(reset), .load_strobe(load_strobe), .offset(offset), .length(length),
        .rows(rows), .host_pitch(host_pitch), .card_address(card_address), .card_pitch(card_pitch),
        .start_strobe(start_strobe), .first(first), .count(count), .stop(stop), .block_code(block_code),
        .active(active), .element_idx(element_idx), .element_address_lo(element_address_lo),
        .element_address_hi(element_address_hi), .element_length(element_length),
        .chunk_valid(chunk_valid), .chunk_ready(chunk_ready), .chunk_host_lo(chunk_host_lo),
        .chunk_host_hi(chunk_host_hi), .chunk_card(chunk_card), .chunk_bytes(chunk_bytes), .chunk_dws(chunk_dws),
        .chunk_be(chunk_be), .done(done), .fault(fault), .position_lo(position_lo), .position_hi(position_hi));

    localparam IDLE = 0, FETCH = 1, SEEK = 2, LIMIT = 3, CLIP = 4, EMIT = 5;
    (* hierconn *) wire [2:0] \uut.state$q ;
    (* hierconn *) wire [10:0] \uut.next_element$q ;
    (* hierconn *) wire [11:0] \uut.elements_left$q ;
    (* hierconn *) wire [31:0] \uut.element_left$q ;
    (* hierconn *) wire [31:0] \uut.row_left$q ;
    (* hierconn *) wire [31:0] \uut.limit$q ;
    (* hierconn *) wire [12:0] \uut.bytes$q ;
    (* hierconn *) wire [31:0] \uut.row_bytes$q ;
    (* hierconn *) wire [31:0] \uut.address_lo$q ;
    (* hierconn *) wire [31:0] \uut.address_hi$q ;
    wire [31:0] address_lo = \uut.address_lo$q ;
    wire [31:0] address_hi = \uut.address_hi$q ;
    wire [2:0] state = \uut.state$q ;
    wire [31:0] element_left = \uut.element_left$q ;
    wire [31:0] row_left = \uut.row_left$q ;
    wire [31:0] limit = \uut.limit$q ;
    wire [10:0] next_element = \uut.next_element$q ;
    wire [11:0] elements_left = \uut.elements_left$q ;
    wire [31:0] row_bytes = \uut.row_bytes$q ;
    wire [12:0] bytes = \uut.bytes$q ;
    wire walking = state == SEEK || state == LIMIT || state == CLIP || state == EMIT;

    `INDUCTION(clock)

    // The forbidden byte: any address, chosen once.
    (* anyconst *) reg [63:0] forbidden;
    wire [63:0] to_forbidden_in_element = forbidden - {element_address_hi, element_address_lo};
    wire [63:0] to_forbidden = forbidden - {address_hi, address_lo};
    wire [63:0] to_forbidden_in_chunk = forbidden - {chunk_host_hi, chunk_host_lo};

    // The walk's elements.
    reg [10:0] g_first = 0;
    reg [11:0] g_count = 0;
    reg [10:0] asked = 0;
    reg [2:0] g_code = 0;
    reg [2:0] out_code = 0; // of the chunk that is offered
    reg loaded = 0;
    always @(posedge clock) begin
        if (start_strobe) begin g_first <= first; g_count <= count; end
        if (load_strobe && state == IDLE) loaded <= length != 0;
        else if (start_strobe || state != IDLE) loaded <= 0;
        asked <= element_idx;
        if (state == CLIP) g_code <= block_code;
        if (state == EMIT && (!chunk_valid || chunk_ready)) out_code <= g_code;
    end
    wire [10:0] asked_place = asked - g_first;
    wire asked_inside = {1'b0, asked_place} < g_count;
    always @* begin
        assume(block_code <= 5);
        assume(!asked_inside || to_forbidden_in_element >= {32'd0, element_length});
        // The engine starts a walk once after it loaded one with rows that are not empty, never along with a stop.
        assume(!start_strobe || (loaded && !active && !load_strobe && !stop));
    end

    wire [12:0] chunk_block = 13'd128 << g_code;
    wire [12:0] in_page = {1'b0, chunk_host_lo[11:0]};
    wire [12:0] last_in_page = in_page + chunk_bytes - 13'd1;
    wire [12:0] touched_dws = ({11'd0, chunk_host_lo[1:0]} + chunk_bytes + 13'd3) >> 2;
    wire [1:0] last_lane = last_in_page[1:0];
    wire [3:0] first_be = 4'hF << chunk_host_lo[1:0];
    wire [3:0] last_be = 4'hF >> (2'd3 - last_lane);
    wire [7:0] right_be = touched_dws == 1 ? {4'h0, first_be & last_be} : {last_be, first_be};

    // What was left in the element before the offered chunk was taken from it, for the chunk's own proof.
    reg was_offered = 0;
    reg [31:0] held_lo, held_hi, held_card;
    reg [30:0] held_rest;
    always @(posedge clock) begin
        was_offered <= chunk_valid && !chunk_ready && !stop && !reset;
        held_lo <= chunk_host_lo; held_hi <= chunk_host_hi; held_card <= chunk_card;
        held_rest <= {chunk_bytes, chunk_dws, chunk_be};
    end

    always @* begin
        // Lemmas.
        `PROVE(l_place, !walking && state != FETCH || next_element== g_first + g_count[10:0] - elements_left[10:0])
        `PROVE(l_left, !walking && state != FETCH || elements_left <= g_count)
        `PROVE(l_asked, !walking || asked == next_element)
        `PROVE(l_element, !walking || to_forbidden >= {32'd0, element_left})
        `PROVE(l_fetch, state != FETCH || element_left == 0)
        `PROVE(l_row, !(state == LIMIT || state == CLIP || state == EMIT) || (element_left != 0 && row_left != 0))
        `PROVE(l_rows_left, !(state == FETCH || walking) || (row_left != 0 && row_bytes != 0))
        `PROVE(l_loaded, !loaded || state != IDLE || (row_left != 0 && row_bytes != 0 && element_left == 0))
        `PROVE(l_limit, state != CLIP || (limit <= element_left && limit <= row_left && limit != 0))
        `PROVE(l_bytes, state != EMIT || (bytes <= element_left && bytes <= row_left && bytes != 0))
        `PROVE(l_block, state != EMIT || (bytes <= (13'd128 << g_code)
            && {1'b0, address_lo[11:0] & 12'((13'd128 << g_code) - 13'd1)} + bytes <= (13'd128 << g_code)))
        `PROVE(l_code, g_code <= 5)

        `PROVE(never_outside_the_elements, !chunk_valid || to_forbidden_in_chunk >= {51'd0, chunk_bytes})
        `PROVE(never_crosses_a_page, !chunk_valid || in_page + chunk_bytes <= 4096)
        `PROVE(never_more_than_a_block, !chunk_valid || touched_dws <= (13'd32 << out_code))
        `PROVE(length_matches_bytes, !chunk_valid || (touched_dws[9:0] == chunk_dws && touched_dws <= 1024 && touched_dws != 0))
        `PROVE(enables_match_bytes, !chunk_valid || chunk_be == right_be)
        `PROVE(chunk_never_empty, !chunk_valid || chunk_bytes != 0)
        `PROVE(chunk_stable, !was_offered || (chunk_valid && held_lo == chunk_host_lo && held_hi == chunk_host_hi
            && held_card == chunk_card && held_rest == {chunk_bytes, chunk_dws, chunk_be}))
    end
endmodule
