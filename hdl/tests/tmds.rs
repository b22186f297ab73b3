//! TMDS encoder: every disparity state with every byte against DVI 1.0's algorithm written plainly.

use lumenport_hdl::elaborate;
use lumenport_hdl::out::DisplayOutput;
use lumenport_hdl::out::tmds::TmdsEncoder;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::{Rng, connected, settle};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Clocks from the encoder's inputs to its symbol.
const LATENCY_CLOCKS: usize = 4;
/// Control tokens for (C1, C0) = 00, 01, 10, 11.
const TOKENS: [u16; 4] = [
    0b11_0101_0100,
    0b00_1010_1011,
    0b01_0101_0100,
    0b10_1010_1011,
];

fn ones(symbol: u16) -> i32 {
    (0..16).map(|bit| i32::from(symbol >> bit & 1)).sum()
}

/// DVI 1.0 figure 3-5, literally: the symbol for `byte` at running disparity `count`, and the new count.
fn encode(byte: u8, count: i32) -> (u16, i32) {
    let ones_in = byte.count_ones();
    let use_xnor = ones_in > 4 || (ones_in == 4 && byte & 1 == 0);
    let mut q_m = u16::from(byte & 1);
    for i in 1..8 {
        let previous = q_m >> (i - 1) & 1;
        let bit = previous ^ u16::from(byte >> i & 1) ^ u16::from(use_xnor);
        q_m |= bit << i;
    }
    let q8 = i32::from(!use_xnor);
    let data = q_m & 0xFF;
    let excess = 2 * ones(data) - 8;
    let (inverted, next) = if count == 0 || excess == 0 {
        if q8 == 1 {
            (false, count + excess)
        } else {
            (true, count - excess)
        }
    } else if (count > 0) == (excess > 0) {
        (true, count + 2 * q8 - excess)
    } else {
        (false, count - 2 * (1 - q8) + excess)
    };
    let payload = if inverted { !data & 0xFF } else { data };
    (
        u16::from(inverted) << 9 | u16::from(!use_xnor) << 8 | payload,
        next,
    )
}

/// What a receiver makes of a data symbol (DVI 1.0 figure 3-6).
fn decode(symbol: u16) -> u8 {
    let data = if symbol >> 9 & 1 == 1 {
        !symbol & 0xFF
    } else {
        symbol & 0xFF
    };
    let flip = if symbol >> 8 & 1 == 1 { 0 } else { 0xFE };
    ((data ^ data << 1) & 0xFF ^ flip) as u8
}

fn running_disparity(symbol: u16) -> i32 {
    2 * ones(symbol) - 10
}

fn transitions(symbol: u16) -> u32 {
    ((symbol ^ symbol >> 1) & 0x1FF).count_ones()
}

/// What goes in at one clock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Input {
    Control(u8),
    Data(u8),
}

fn connected_encoder() -> TmdsEncoder {
    let mut uut = TmdsEncoder::default();
    uut.pix_clock.connect();
    uut.data.connect();
    uut.de.connect();
    uut.c0.connect();
    uut.c1.connect();
    connected(uut)
}

/// Feeds `inputs` and returns the symbol of each.
fn run(uut: &mut TmdsEncoder, inputs: &[Input]) -> Vec<u16> {
    let mut symbols = Vec::with_capacity(inputs.len());
    let tail = [Input::Control(0); LATENCY_CLOCKS];
    for (clock, input) in inputs.iter().chain(&tail).enumerate() {
        uut.pix_clock.next = false.into();
        match *input {
            Input::Control(control) => {
                uut.de.next = false;
                uut.c0.next = control & 1 == 1;
                uut.c1.next = control & 2 == 2;
                uut.data.next = 0xA5.into();
            }
            Input::Data(byte) => {
                uut.de.next = true;
                uut.c0.next = clock % 3 == 0;
                uut.c1.next = clock % 5 == 0;
                uut.data.next = u64::from(byte).into();
            }
        }
        settle(uut);
        if clock >= LATENCY_CLOCKS {
            symbols.push(uut.symbol.val().to_u16());
        }
        uut.pix_clock.next = true.into();
        settle(uut);
    }
    symbols
}

/// The shortest sequence of bytes from a control token to each reachable disparity.
fn ways_to_disparity() -> BTreeMap<i32, Vec<u8>> {
    let mut ways = BTreeMap::from([(0, vec![])]);
    let mut todo = VecDeque::from([0]);
    while let Some(count) = todo.pop_front() {
        for byte in 0..=255 {
            let next = encode(byte, count).1;
            if !ways.contains_key(&next) {
                let mut way = ways[&count].clone();
                way.push(byte);
                ways.insert(next, way);
                todo.push_back(next);
            }
        }
    }
    ways
}

#[test]
fn every_disparity_state_and_byte_matches_the_standard() {
    let ways = ways_to_disparity();
    let states: Vec<i32> = ways.keys().copied().collect();
    assert_eq!(
        states,
        [-8, -6, -4, -2, 0, 2, 4, 6, 8],
        "disparity is even and within 8"
    );

    let mut inputs = vec![];
    let mut expected = vec![];
    let mut cases = BTreeMap::new();
    for (state, way) in &ways {
        for byte in 0..=255 {
            inputs.push(Input::Control(0));
            expected.push(TOKENS[0]);
            let mut count = 0;
            for &step in way.iter().chain([&byte]) {
                let (symbol, next) = encode(step, count);
                inputs.push(Input::Data(step));
                expected.push(symbol);
                count = next;
            }
            cases.insert((*state, byte), inputs.len() - 1);
        }
    }
    let symbols = run(&mut connected_encoder(), &inputs);
    assert_eq!(cases.len(), 2304);
    for ((state, byte), position) in &cases {
        assert_eq!(
            symbols[*position], expected[*position],
            "state {state}, byte {byte:#04x}"
        );
        assert_eq!(
            decode(symbols[*position]),
            *byte,
            "a receiver gets the byte back"
        );
    }
    assert_eq!(symbols, expected);

    let data: BTreeSet<u16> = cases.values().map(|&position| symbols[position]).collect();
    assert_eq!(data.len(), 460, "symbols that occur as data");
    assert!(data.iter().all(|&symbol| transitions(symbol) <= 5));
    assert!(
        TOKENS
            .iter()
            .all(|token| transitions(*token) >= 7 && !data.contains(token))
    );
}

#[test]
fn control_bits_choose_the_token() {
    let inputs: Vec<Input> = [0, 1, 2, 3, 3, 1, 0, 2].map(Input::Control).into();
    let symbols = run(&mut connected_encoder(), &inputs);
    assert_eq!(
        symbols,
        [0, 1, 2, 3, 3, 1, 0, 2].map(|control| TOKENS[control])
    );
}

#[test]
fn random_lines_keep_the_true_disparity_within_eight() {
    let seed = 11;
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let mut inputs = vec![];
    for _ in 0..40 {
        for _ in 0..=rng.below(5) {
            inputs.push(Input::Control(rng.below(4) as u8));
        }
        for _ in 0..=rng.below(120) {
            inputs.push(Input::Data(rng.next_u32() as u8));
        }
    }
    let symbols = run(&mut connected_encoder(), &inputs);
    let (mut count, mut sent) = (0, 0);
    for (input, symbol) in inputs.iter().zip(&symbols) {
        match *input {
            Input::Control(control) => {
                assert_eq!(*symbol, TOKENS[usize::from(control)]);
                (count, sent) = (0, 0);
            }
            Input::Data(byte) => {
                let (wanted, next) = encode(byte, count);
                assert_eq!(*symbol, wanted);
                count = next;
                sent += running_disparity(*symbol);
                assert_eq!(sent, count, "the count is the disparity on the wire");
                assert!(sent.abs() <= 8);
            }
        }
    }
}

fn connected_output() -> DisplayOutput {
    let mut uut = DisplayOutput::default();
    uut.pix_clock.connect();
    uut.pixel_rgb.connect();
    uut.pixel_de.connect();
    uut.pixel_hsync.connect();
    uut.pixel_vsync.connect();
    connected(uut)
}

#[test]
fn parallel_and_tmds_outputs_carry_the_same_pixel_at_the_same_clock() {
    let seed = 12;
    println!("seed {seed}");
    let mut rng = Rng::new(seed);
    let mut uut = connected_output();
    let mut sent = VecDeque::new();
    for clock in 0..600 {
        let de = clock % 50 >= 10;
        let rgb = if de { rng.next_u32() & 0xFF_FFFF } else { 0 };
        let (hsync, vsync) = (rng.percent(50), rng.percent(50));
        sent.push_back((rgb, de, hsync, vsync));
        uut.pix_clock.next = false.into();
        uut.pixel_rgb.next = u64::from(rgb).into();
        uut.pixel_de.next = de;
        uut.pixel_hsync.next = hsync;
        uut.pixel_vsync.next = vsync;
        settle(&mut uut);
        if clock >= LATENCY_CLOCKS {
            let wanted = sent.pop_front().unwrap();
            let parallel = (
                uut.rgb.val().to_u32(),
                uut.de.val(),
                uut.hsync.val(),
                uut.vsync.val(),
            );
            assert_eq!(parallel, wanted, "clock {clock}");
            let symbols =
                [&uut.tmds_red, &uut.tmds_green, &uut.tmds_blue].map(|port| port.val().to_u16());
            if wanted.1 {
                let decoded = symbols
                    .iter()
                    .fold(0, |rgb, &symbol| rgb << 8 | u32::from(decode(symbol)));
                assert_eq!(decoded, wanted.0, "clock {clock}");
            } else {
                let syncs = usize::from(wanted.2) | usize::from(wanted.3) << 1;
                assert_eq!(
                    symbols,
                    [TOKENS[0], TOKENS[0], TOKENS[syncs]],
                    "clock {clock}"
                );
            }
        }
        uut.pix_clock.next = true.into();
        settle(&mut uut);
    }
}

#[test]
fn generated_verilog_elaborates() {
    elaborate::check("tmds_encoder", &connected_encoder());
    elaborate::check("display_output", &connected_output());
}
