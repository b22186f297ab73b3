// Harness around the Verilated card: the inner loop of the simulation.
//
// Compiled in one unit with the generated model, so that the compiler sees both. The Rust side is
// boards/sim/src/engine/ffi.rs; structures and codes here mirror the ones there, and
// card_shim_layout() lets it check that. The definition of what a run does is run_by_steps() in
// boards/sim/src/engine/run.rs.
//
// There are two builds of the model. The one for waveforms is the card's Verilog as it is. The fast
// one makes every change of a clock an active edge and registers the inputs (card_pins.v), which
// saves more than half of the work; the lockstep test holds both to the native engine.
//
// Not supported: gateware that uses a falling clock edge.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "Vcard.h"
#include "card_memory.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using TraceFile = VerilatedFstC;
#elif VM_TRACE_VCD
#include "verilated_vcd_c.h"
using TraceFile = VerilatedVcdC;
#endif

namespace {

constexpr uint32_t STOP_TX_PACKET = 0;
constexpr uint32_t STOP_CONTROL = 1;
constexpr uint32_t STOP_RX_EMPTY = 2;
constexpr uint32_t STOP_SYS_CLOCKS = 3;
constexpr uint32_t STOP_PIX_CLOCKS = 4;
constexpr uint32_t STOP_LIST_FULL = 5;
constexpr uint32_t STOP_NONE = 6;

struct Inputs {
    uint32_t rx_data;
    uint32_t credit_limit_posted;
    uint32_t credit_limit_nonposted;
    uint32_t credit_limit_completion;
    uint8_t credit_infinite;
    uint8_t reset;
    uint8_t rx_last;
    uint8_t rx_valid;
    uint8_t tx_ready;
    uint8_t ddc_scl;
    uint8_t ddc_sda;
    uint8_t hotplug;

    bool operator!=(const Inputs& other) const {
        static_assert(sizeof *this == 24, "no padding");
        return std::memcmp(this, &other, sizeof *this) != 0;
    }
};

struct Outputs {
    uint32_t tx_data;
    uint32_t rgb;
    uint32_t credit_allocated_posted;
    uint32_t credit_allocated_nonposted;
    uint16_t tmds_blue;
    uint16_t tmds_green;
    uint16_t tmds_red;
    uint8_t rx_ready;
    uint8_t tx_last;
    uint8_t tx_valid;
    uint8_t de;
    uint8_t hsync;
    uint8_t vsync;
    uint8_t clock_select;
    uint8_t display_on;
    uint8_t ddc_scl_low;
    uint8_t ddc_sda_low;
};

struct Timeline {
    uint64_t now_ps;
    uint64_t sys_period_ps;
    uint64_t pix_period_ps;
    uint64_t next_sys_ps;
    uint64_t next_pix_ps;
    uint64_t sys_cycles;
    uint64_t pix_cycles;
    Inputs held;
    uint32_t control;
    uint32_t rx_pending;
    uint32_t allocated_posted;
    uint32_t allocated_nonposted;
};

struct RxBeat {
    uint64_t earliest_cycle;
    uint32_t data;
    uint8_t last;
};

struct TxBeat {
    uint64_t cycle;
    uint32_t data;
    uint8_t last;
};

struct Request {
    uint64_t max_sys_clocks;
    uint64_t max_pix_clocks;
    uint64_t tx_pattern;
    uint64_t rx_pattern;
    const RxBeat* rx;
    uint64_t rx_count;
    TxBeat* tx;
    uint64_t tx_capacity;
    uint32_t* symbols;  // null: not wanted
    uint64_t symbol_capacity;
    uint32_t* video;  // null: not wanted
    uint64_t video_capacity;
    uint32_t reset;
    uint32_t stop_on_tx_packet;
    uint32_t stop_on_rx_empty;
    uint32_t stop_on_control;
    uint32_t credit_limit_posted;
    uint32_t credit_limit_nonposted;
    uint32_t credit_limit_completion;
    uint32_t credit_infinite;
};

struct Report {
    uint64_t sys_clocks;
    uint64_t pix_clocks;
    uint64_t rx_taken;
    uint64_t tx_count;
    uint64_t symbol_count;
    uint64_t video_count;
    uint32_t stop;
    uint32_t unused;
};

// True when the clocks that rise next are {sys, pix}; both at the same picosecond rise together.
struct Edge {
    uint64_t time_ps;
    bool sys;
    bool pix;

    Edge(uint64_t time_ps, bool sys, bool pix) : time_ps(time_ps), sys(sys), pix(pix) {}

    explicit Edge(const Timeline& line)
        : time_ps(line.next_sys_ps < line.next_pix_ps ? line.next_sys_ps : line.next_pix_ps),
          sys(line.next_sys_ps == time_ps),
          pix(line.next_pix_ps == time_ps) {}
};

#if VM_TRACE

// The card as it is synthesised: rising edges, and waveforms that look as they should.
class Pins {
public:
    Vcard top;

    explicit Pins(VerilatedContext& context) : top{&context, "card"}, context{context} {
        top.sys_clock = 0;
        top.pix_clock = 0;
        top.eval();
    }

    // Phase A: inputs applied, clocks that are about to rise low, outputs settled.
    void settle(const Inputs& pins, const Edge& edge) {
        if ((edge.sys && top.sys_clock) || (edge.pix && top.pix_clock) || pins != applied) {
            apply(pins);
            top.sys_clock = 0;
            top.pix_clock = 0;
            evaluate(last_ps + (edge.time_ps - last_ps) / 2);
        }
    }

    // Phase B: the clocks of this edge rise; the other one falls, which costs nothing.
    void rise(const Edge& edge, const Inputs&) {
        top.sys_clock = edge.sys;
        top.pix_clock = edge.pix;
        evaluate(edge.time_ps);
        last_ps = edge.time_ps;
    }

    bool open(const char* path) {
        context.traceEverOn(true);
        trace = std::make_unique<TraceFile>();
        top.trace(trace.get(), 99);
        trace->open(path);
        if (!trace->isOpen()) {
            trace.reset();
            return false;
        }
        trace->dump(last_ps);
        last_dump_ps = last_ps;
        return true;
    }

    void close() {
        if (trace) trace->close();
        trace.reset();
    }

private:
    VerilatedContext& context;
    Inputs applied{};
    uint64_t last_ps = 0;
    uint64_t last_dump_ps = 0;
    std::unique_ptr<TraceFile> trace;

    void apply(const Inputs& pins) {
        applied = pins;
        top.reset = pins.reset;
        top.rx_data = pins.rx_data;
        top.rx_last = pins.rx_last;
        top.rx_valid = pins.rx_valid;
        top.tx_ready = pins.tx_ready;
        top.ddc_scl = pins.ddc_scl;
        top.ddc_sda = pins.ddc_sda;
        top.hotplug = pins.hotplug;
        top.credit_limit_posted = pins.credit_limit_posted;
        top.credit_limit_nonposted = pins.credit_limit_nonposted;
        top.credit_limit_completion = pins.credit_limit_completion;
        top.credit_infinite = pins.credit_infinite;
    }

    void evaluate(uint64_t time_ps) {
        context.time(time_ps);
        top.eval();
        if (trace && time_ps > last_dump_ps) {
            trace->dump(time_ps);
            last_dump_ps = time_ps;
        }
    }
};

#else

// The card behind card_pins.v: each change of a clock is an edge, inputs are taken one edge ahead.
class Pins {
public:
    Vcard top;

    explicit Pins(VerilatedContext& context) : top{&context, "card"} {
        top.sys_clock = 0;
        top.pix_clock = 0;
        top.load = 0;
        top.eval();
    }

    // Phase A: free when the previous edge already took these inputs.
    void settle(const Inputs& pins, const Edge&) {
        if (pins != applied) {
            apply(pins);
            top.load = !top.load;
            top.eval();
        }
    }

    // Phase B. The inputs of the next sys edge are taken in the same evaluation.
    void rise(const Edge& edge, const Inputs& next) {
        if (edge.sys) apply(next);
        top.sys_clock ^= edge.sys;
        top.pix_clock ^= edge.pix;
        top.eval();
    }

    bool open(const char*) { return false; }

    void close() {}

private:
    Inputs applied{};

    void apply(const Inputs& pins) {
        applied = pins;
        top.reset = pins.reset;
        top.rx_data = pins.rx_data;
        top.rx_last = pins.rx_last;
        top.rx_valid = pins.rx_valid;
        top.tx_ready = pins.tx_ready;
        top.ddc_scl = pins.ddc_scl;
        top.ddc_sda = pins.ddc_sda;
        top.hotplug = pins.hotplug;
        top.credit_limit_posted = pins.credit_limit_posted;
        top.credit_limit_nonposted = pins.credit_limit_nonposted;
        top.credit_limit_completion = pins.credit_limit_completion;
        top.credit_infinite = pins.credit_infinite;
    }
};

#endif

struct Card {
    VerilatedContext context;
    Pins pins{context};

    ~Card() {
        pins.close();
        pins.top.final();
    }
};

void advance(Timeline& line, const Edge& edge) {
    line.now_ps = edge.time_ps;
    if (edge.sys) {
        line.next_sys_ps += line.sys_period_ps;
        line.sys_cycles++;
    }
    if (edge.pix) {
        line.next_pix_ps += line.pix_period_ps;
        line.pix_cycles++;
    }
}

// Input pins for the coming sys edge; `head` is null when nothing is queued.
void drive(Timeline& line, const Request& request, const RxBeat* head) {
    const unsigned slot = line.sys_cycles & 63;
    const bool run = !request.reset;
    line.held.credit_limit_posted = request.credit_limit_posted;
    line.held.credit_limit_nonposted = request.credit_limit_nonposted;
    line.held.credit_limit_completion = request.credit_limit_completion;
    line.held.credit_infinite = request.credit_infinite;
    const bool offer = run && head && head->earliest_cycle <= line.sys_cycles
                       && (line.rx_pending || ((request.rx_pattern >> slot) & 1));
    line.held.reset = !run;
    line.held.tx_ready = run && ((request.tx_pattern >> slot) & 1);
    line.held.rx_valid = offer;
    line.rx_pending = offer;
    if (offer) {
        line.held.rx_data = head->data;
        line.held.rx_last = head->last;
    }
}

// What ends the run at this edge; STOP_NONE when it goes on.
struct Events {
    bool packet_ended = false;
    bool control_changed = false;
    bool rx_emptied = false;

    uint32_t stop(const Request& request, const Report& report) const {
        if (packet_ended && request.stop_on_tx_packet) return STOP_TX_PACKET;
        if (control_changed && request.stop_on_control) return STOP_CONTROL;
        if (rx_emptied && request.stop_on_rx_empty) return STOP_RX_EMPTY;
        if (report.sys_clocks >= request.max_sys_clocks) return STOP_SYS_CLOCKS;
        if (report.pix_clocks >= request.max_pix_clocks) return STOP_PIX_CLOCKS;
        return STOP_NONE;
    }
};

bool lists_full(const Request& request, const Report& report) {
    return report.tx_count >= request.tx_capacity
           || (request.symbols && report.symbol_count >= request.symbol_capacity)
           || (request.video && report.video_count >= request.video_capacity);
}

void sample_sys(const Vcard& top, Timeline& line, const Request& request, Report& report,
                Events& events) {
    report.sys_clocks++;
    line.allocated_posted = top.credit_allocated_posted;
    line.allocated_nonposted = top.credit_allocated_nonposted;
    if (line.held.rx_valid && top.rx_ready) {
        report.rx_taken++;
        line.rx_pending = 0;
        events.rx_emptied = report.rx_taken == request.rx_count;
    }
    if (line.held.tx_ready && top.tx_valid) {
        events.packet_ended = top.tx_last;
        request.tx[report.tx_count++] = TxBeat{line.sys_cycles, top.tx_data, top.tx_last};
    }
}

void sample_pix(const Vcard& top, const Request& request, Report& report) {
    report.pix_clocks++;
    if (request.symbols) {
        request.symbols[report.symbol_count++] = uint32_t{top.tmds_blue}
                                                 | uint32_t{top.tmds_green} << 10
                                                 | uint32_t{top.tmds_red} << 20;
    }
    if (request.video) {
        request.video[report.video_count++] = top.rgb | uint32_t{top.de} << 24
                                              | uint32_t{top.hsync} << 25
                                              | uint32_t{top.vsync} << 26;
    }
}

uint32_t run(Pins& pins, Timeline& line, const Request& request, Report& report) {
    const Vcard& top = pins.top;
    const auto head = [&] {
        return report.rx_taken < request.rx_count ? request.rx + report.rx_taken : nullptr;
    };
    uint32_t stop = Events{}.stop(request, report);
    if (stop == STOP_NONE) drive(line, request, head());
    while (stop == STOP_NONE) {
        if (lists_full(request, report)) return STOP_LIST_FULL;
        const Edge edge{line};
        pins.settle(line.held, edge);
        Events events;
        if (edge.sys) sample_sys(top, line, request, report, events);
        if (edge.pix) sample_pix(top, request, report);
        const uint32_t control = uint32_t{top.clock_select} | uint32_t{top.display_on} << 3
                                 | uint32_t{top.ddc_scl_low} << 4 | uint32_t{top.ddc_sda_low} << 5;
        events.control_changed = control != line.control;
        line.control = control;
        advance(line, edge);
        stop = events.stop(request, report);
        if (edge.sys && stop == STOP_NONE) drive(line, request, head());
        pins.rise(edge, line.held);
    }
    return stop;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

// Sizes of the shared structures, one byte each: what the Rust side was built for must match.
uint64_t card_shim_layout() {
    return sizeof(Inputs) | sizeof(Outputs) << 8 | uint64_t{sizeof(Timeline)} << 16
           | uint64_t{sizeof(RxBeat)} << 24 | uint64_t{sizeof(TxBeat)} << 32
           | uint64_t{sizeof(Request)} << 40 | uint64_t{sizeof(Report)} << 48;
}

// `memory` holds `bytes` bytes and outlives the card. Null when the card's memory block is of another size.
Card* card_shim_create(uint8_t* memory, uint64_t bytes) {
    card_memory_offer = CardMemoryOffer{memory, bytes, false};
    auto card = std::make_unique<Card>();
    return card_memory_offer.refused ? nullptr : card.release();
}

void card_shim_destroy(Card* card) { delete card; }

void card_shim_step(Card* card, const Inputs* inputs, uint64_t time_ps, uint8_t sys, uint8_t pix,
                    Outputs* out) {
    const Edge edge{time_ps, sys != 0, pix != 0};
    const Vcard& top = card->pins.top;
    card->pins.settle(*inputs, edge);
    *out = Outputs{top.tx_data,    top.rgb,
                   top.credit_allocated_posted, top.credit_allocated_nonposted,
                   top.tmds_blue,  top.tmds_green,   top.tmds_red,   top.rx_ready,
                   top.tx_last,    top.tx_valid,     top.de,         top.hsync,
                   top.vsync,      top.clock_select, top.display_on, top.ddc_scl_low,
                   top.ddc_sda_low};
    card->pins.rise(edge, *inputs);
}

void card_shim_run(Card* card, Timeline* line, const Request* request, Report* report) {
    *report = Report{};
    report->stop = run(card->pins, *line, *request, *report);
}

// The same edges with constant inputs and no look at any output: the speed limit of this model.
void card_shim_bare_loop(Card* card, Timeline* line, uint64_t sys_clocks) {
    const uint64_t end = line->sys_cycles + sys_clocks;
    while (line->sys_cycles < end) {
        const Edge edge{*line};
#if VM_TRACE
        card->pins.settle(line->held, edge);
        card->pins.rise(edge, line->held);
#else
        Vcard& top = card->pins.top;
        top.sys_clock ^= edge.sys;
        top.pix_clock ^= edge.pix;
        top.eval();
#endif
        advance(*line, edge);
    }
}

// 0: opened; 1: this build has no waveforms or the file cannot be written.
uint32_t card_shim_trace_open(Card* card, const char* path) { return !card->pins.open(path); }

void card_shim_trace_close(Card* card) { card->pins.close(); }

}  // extern "C"
#pragma GCC visibility pop
