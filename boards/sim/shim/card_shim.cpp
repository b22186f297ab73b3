// Harness around the Verilated card: the inner loop of the simulation.
//
// Compiled in one unit with the generated model, so that the compiler sees both. The Rust side is
// boards/sim/src/engine/ffi.rs; structures and codes here mirror the ones there, and
// card_shim_layout() lets it check that. The definition of what a run does is run_by_steps() in
// boards/sim/src/engine/run.rs.
//
// Not supported: gateware that uses a falling clock edge. Clocks fall whenever it costs nothing.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "Vcard.h"
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
constexpr uint32_t STOP_BUFFER_FULL = 5;

struct Inputs {
    uint32_t rx_data;
    uint8_t reset;
    uint8_t rx_last;
    uint8_t rx_valid;
    uint8_t tx_ready;
};

struct Outputs {
    uint32_t tx_data;
    uint32_t rgb;
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

struct Card {
    VerilatedContext context;
    Vcard top{&context, "card"};
    uint64_t last_ps = 0;
    bool sys_high = false;
    bool pix_high = false;
#if VM_TRACE
    std::unique_ptr<TraceFile> trace;
    uint64_t last_dump_ps = 0;
#endif

    Card() {
        top.sys_clock = 0;
        top.pix_clock = 0;
        apply(Inputs{});
        top.eval();
    }

    ~Card() {
#if VM_TRACE
        if (trace) trace->close();
#endif
        top.final();
    }

    void settle([[maybe_unused]] uint64_t time_ps) {
#if VM_TRACE
        context.time(time_ps);
#endif
        top.eval();
#if VM_TRACE
        if (trace && time_ps > last_dump_ps) {
            trace->dump(time_ps);
            last_dump_ps = time_ps;
        }
#endif
    }

    void apply(const Inputs& pins) {
        top.reset = pins.reset;
        top.rx_data = pins.rx_data;
        top.rx_last = pins.rx_last;
        top.rx_valid = pins.rx_valid;
        top.tx_ready = pins.tx_ready;
    }

    bool differs(const Inputs& pins) const {
        return (top.reset ^ pins.reset) | (top.rx_data ^ pins.rx_data)
               | (top.rx_last ^ pins.rx_last) | (top.rx_valid ^ pins.rx_valid)
               | (top.tx_ready ^ pins.tx_ready);
    }

    // Phase A. Needed when an input changed or when a clock that is about to rise is still high.
    void settle_low(const Inputs& pins, bool sys, bool pix, uint64_t time_ps) {
        if ((sys & sys_high) | (pix & pix_high) | differs(pins)) {
            apply(pins);
            top.sys_clock = 0;
            top.pix_clock = 0;
            sys_high = pix_high = false;
            settle(last_ps + (time_ps - last_ps) / 2);
        }
    }

    // Phase B. The clock that stays out of this edge falls here, which costs nothing.
    void rise(bool sys, bool pix, uint64_t time_ps) {
        top.sys_clock = sys;
        top.pix_clock = pix;
        sys_high = sys;
        pix_high = pix;
        settle(time_ps);
        last_ps = time_ps;
    }
};

// True when the clocks that rise next are {sys, pix}; both at the same picosecond rise together.
struct Edge {
    uint64_t time_ps;
    bool sys;
    bool pix;

    explicit Edge(const Timeline& line)
        : time_ps(line.next_sys_ps < line.next_pix_ps ? line.next_sys_ps : line.next_pix_ps),
          sys(line.next_sys_ps == time_ps),
          pix(line.next_pix_ps == time_ps) {}
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

uint32_t run(Card& card, Timeline& line, const Request& request, Report& report) {
    const Vcard& top = card.top;
    while (true) {
        if (report.sys_clocks >= request.max_sys_clocks) return STOP_SYS_CLOCKS;
        if (report.pix_clocks >= request.max_pix_clocks) return STOP_PIX_CLOCKS;
        if (report.tx_count >= request.tx_capacity
            || (request.symbols && report.symbol_count >= request.symbol_capacity)
            || (request.video && report.video_count >= request.video_capacity)) {
            return STOP_BUFFER_FULL;
        }
        const Edge edge{line};
        if (edge.sys) {
            const bool queued = report.rx_taken < request.rx_count;
            drive(line, request, queued ? request.rx + report.rx_taken : nullptr);
        }
        card.settle_low(line.held, edge.sys, edge.pix, edge.time_ps);
        bool packet_ended = false;
        bool rx_emptied = false;
        if (edge.sys) {
            report.sys_clocks++;
            if (line.held.rx_valid && top.rx_ready) {
                report.rx_taken++;
                line.rx_pending = 0;
                rx_emptied = report.rx_taken == request.rx_count;
            }
            if (line.held.tx_ready && top.tx_valid) {
                packet_ended = top.tx_last;
                request.tx[report.tx_count++] = TxBeat{line.sys_cycles, top.tx_data, top.tx_last};
            }
        }
        if (edge.pix) {
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
        const uint32_t control = uint32_t{top.clock_select} | uint32_t{top.display_on} << 3;
        const bool control_changed = control != line.control;
        line.control = control;
        card.rise(edge.sys, edge.pix, edge.time_ps);
        advance(line, edge);
        if (packet_ended && request.stop_on_tx_packet) return STOP_TX_PACKET;
        if (control_changed && request.stop_on_control) return STOP_CONTROL;
        if (rx_emptied && request.stop_on_rx_empty) return STOP_RX_EMPTY;
    }
}

}  // namespace

extern "C" {

// Sizes of the shared structures, one byte each: what the Rust side was built for must match.
uint64_t card_shim_layout() {
    return sizeof(Inputs) | sizeof(Outputs) << 8 | uint64_t{sizeof(Timeline)} << 16
           | uint64_t{sizeof(RxBeat)} << 24 | uint64_t{sizeof(TxBeat)} << 32
           | uint64_t{sizeof(Request)} << 40 | uint64_t{sizeof(Report)} << 48;
}

Card* card_shim_create() { return new Card; }

void card_shim_destroy(Card* card) { delete card; }

void card_shim_step(Card* card, const Inputs* pins, uint64_t time_ps, uint8_t sys, uint8_t pix,
                    Outputs* out) {
    card->settle_low(*pins, sys, pix, time_ps);
    const Vcard& top = card->top;
    *out = Outputs{top.tx_data,   top.rgb,      top.tmds_blue, top.tmds_green, top.tmds_red,
                   top.rx_ready,  top.tx_last,  top.tx_valid,  top.de,         top.hsync,
                   top.vsync,     top.clock_select, top.display_on};
    card->rise(sys, pix, time_ps);
}

void card_shim_run(Card* card, Timeline* line, const Request* request, Report* report) {
    *report = Report{};
    report->stop = run(*card, *line, *request, *report);
}

// The same edges with constant inputs and no look at any output: the speed limit of this model.
void card_shim_bare_loop(Card* card, Timeline* line, uint64_t sys_clocks) {
    Vcard& top = card->top;
    for (const uint64_t end = line->sys_cycles + sys_clocks; line->sys_cycles < end;) {
        const Edge edge{*line};
        if ((edge.sys & card->sys_high) | (edge.pix & card->pix_high)) {
            top.sys_clock = 0;
            top.pix_clock = 0;
            top.eval();
        }
        top.sys_clock = card->sys_high = edge.sys;
        top.pix_clock = card->pix_high = edge.pix;
        top.eval();
        advance(*line, edge);
    }
    card->last_ps = line->now_ps;
}

// 0: opened; 1: this build has no waveforms; 2: the file cannot be written.
uint32_t card_shim_trace_open(Card* card, const char* path) {
#if VM_TRACE
    card->context.traceEverOn(true);
    card->trace = std::make_unique<TraceFile>();
    card->top.trace(card->trace.get(), 99);
    card->trace->open(path);
    if (!card->trace->isOpen()) {
        card->trace.reset();
        return 2;
    }
    card->trace->dump(card->last_ps);
    card->last_dump_ps = card->last_ps;
    return 0;
#else
    (void)card;
    (void)path;
    return 1;
#endif
}

void card_shim_trace_close(Card* card) {
#if VM_TRACE
    if (card->trace) card->trace->close();
    card->trace.reset();
#else
    (void)card;
#endif
}

}  // extern "C"
