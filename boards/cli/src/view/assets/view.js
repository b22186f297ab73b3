// The page's only script: takes states from /events, fetches a frame when its number changes, draws it pixel for pixel.
"use strict";

const at = (id) => document.getElementById(id);
const canvas = at("picture");
const paper = canvas.getContext("2d", { alpha: false, colorSpace: "srgb" });
let shownFrame = null;   // number of the frame on the canvas
let wantedFrame = null;  // number of the newest frame
let fetching = false;

function text(id, value) {
  const element = at(id);
  if (element.textContent !== value) element.textContent = value;
}

function pill(id, state, value) {
  at(id).dataset.state = state;
  text(id, value);
}

const whole = (number) => number.toLocaleString("en-US");

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return unit === 0 ? `${whole(value)} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

function time(nanoseconds) {
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(2)} ms`;
  return `${(nanoseconds / 1e9).toFixed(3)} s`;
}

// --- the picture

function place() {
  const bezel = at("bezel");
  const choice = at("scale").value;
  const ratio = window.devicePixelRatio || 1;
  let factor = Number(choice) / ratio;
  bezel.classList.toggle("fit", choice === "fit");
  if (choice === "fit") {
    const full = document.fullscreenElement === bezel;
    const edge = full ? 0 : 2 * parseFloat(getComputedStyle(bezel).paddingTop);
    // Beside the picture the page keeps room for its head, the tools and the link's table: 19rem, as the style sheet says.
    const high = full ? window.innerHeight : window.innerHeight - 19 * 15 - edge;
    factor = Math.min((bezel.clientWidth - edge) / canvas.width, Math.max(high, 240) / canvas.height);
  }
  canvas.style.width = `${canvas.width * factor}px`;
  canvas.style.height = `${canvas.height * factor}px`;
  // Enlarged pixels stay squares; a reduced picture is smoothed.
  canvas.classList.toggle("crisp", factor * ratio >= 1);
}

async function fetchFrame() {
  if (fetching || wantedFrame === null || wantedFrame === shownFrame) return;
  fetching = true;
  let again = 0;
  try {
    const answer = await fetch(`frame.png?n=${wantedFrame}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(await answer.text());
    const number = Number(answer.headers.get("X-Frame-Number"));
    // Exactly the bytes of the PNG: no colour management, no premultiplication.
    const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
    const picture = await createImageBitmap(await answer.blob(), options);
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
      place();
    }
    paper.drawImage(picture, 0, 0);
    picture.close();
    shownFrame = number;
    canvas.dataset.frame = String(number);
    canvas.setAttribute("aria-label", `Frame ${number} of the simulated monitor, ${canvas.width} by ${canvas.height} pixels`);
  } catch {
    again = 1000;
  }
  fetching = false;
  if (again === 0 && wantedFrame !== shownFrame) fetchFrame();
  else if (again > 0) setTimeout(fetchFrame, again);
}

function notice(state) {
  const element = at("notice");
  let sentence = "";
  if (state.frame === null) {
    sentence = state.signal ? "waiting for the first frame" : "no signal";
  } else if (!state.signal) {
    sentence = "no signal: this was the last frame";
  }
  element.hidden = sentence === "";
  if (element.textContent !== sentence) element.textContent = sentence;
  at("glass").classList.toggle("stale", state.frame !== null && !state.signal);
}

// --- the figures

function mode(mode) {
  if (mode === null) {
    text("mode", "no mode yet");
    text("timing", "");
    return;
  }
  const sign = (positive) => (positive ? "+" : "−");
  text("mode", `${mode.width_px} × ${mode.height_lines} at ${mode.refresh_hz.toFixed(2)} Hz`);
  text("timing", `${(mode.pixel_clock_khz / 1000).toFixed(3)} MHz, hsync ${sign(mode.hsync_positive)}, `
    + `vsync ${sign(mode.vsync_positive)}, ${mode.h_total_px} × ${mode.v_total_lines} in all`);
}

function chart(history) {
  const [width, height] = [240, 64];
  const steps = 120;
  const top = Math.max(1, ...history.to_card_bytes, ...history.from_card_bytes);
  const line = (values) => {
    const first = steps - values.length;
    const points = values.map((value, index) =>
      `${((first + index) * width / (steps - 1)).toFixed(1)},${(height - value / top * (height - 4)).toFixed(1)}`);
    if (points.length < 2 || values.every((value) => value === 0)) return "";
    return `M${(first * width / (steps - 1)).toFixed(1)},${height}L${points.join("L")}L${width},${height}Z`;
  };
  at("chart-to").setAttribute("d", line(history.to_card_bytes));
  at("chart-from").setAttribute("d", line(history.from_card_bytes));
  const rate = top > 1 ? `${bytes(top * 1000 / history.step_ms)}/s at most` : "no traffic";
  text("chart-top", rate);
  at("chart").setAttribute("aria-label", `DMA traffic of the last minute: ${rate}`);
}

function rows(id, lines) {
  const body = at(id);
  while (body.rows.length < lines.length) body.insertRow();
  lines.forEach(({ cells, held }, index) => {
    const row = body.rows[index];
    row.classList.toggle("held", held === true);
    while (row.cells.length < cells.length) row.insertCell();
    cells.forEach((value, column) => {
      const cell = row.cells[column];
      if (cell.textContent !== value) cell.textContent = value;
    });
  });
}

function interrupts({ msi, intx, intx_asserted, last }) {
  text("msi", whole(msi));
  text("intx", `${whole(intx)}${intx_asserted ? ", asserted" : ""}`);
  const vector = last !== null && last.vector !== null ? ` vector ${last.vector}` : "";
  text("irq-last", last === null ? "none" : `${last.kind}${vector} at ${time(last.simulated_ns)}`);
}

function dma(dma) {
  text("dma-to", bytes(dma.to_card_bytes));
  text("dma-from", bytes(dma.from_card_bytes));
  text("transfers", `${whole(dma.done)} of ${whole(dma.submitted)}`);
  const errors = dma.failed + dma.refused_reads + dma.refused_writes;
  text("errors", errors === 0 ? "0" : `${whole(errors)}${dma.last_fault === null ? "" : `, ${dma.last_fault}`}`);
  at("errors").classList.toggle("bad", errors !== 0);
  chart(dma.history);
}

function link(link) {
  const { to_card: to, from_card: from } = link;
  const line = (name, way) => ({
    cells: [name, whole(way.packets), bytes(way.bytes), whole(way.memory_reads), whole(way.memory_writes),
      whole(way.completions), whole(way.config), whole(way.messages)],
  });
  rows("link", [line("To card", to), line("From card", from)]);
  const trouble = [];
  if (link.unplugged) trouble.push("the card was pulled out");
  if (link.violations > 0) trouble.push(`${whole(link.violations)} rules broken`);
  if (link.timeouts > 0) trouble.push(`${whole(link.timeouts)} requests never answered`);
  const waiting = `waiting: ${link.host_waiting} of the host, ${link.card_waiting} of the card`;
  text("link-note", trouble.length === 0 ? `no rule broken; ${waiting}` : `${trouble.join("; ")}; ${waiting}`);
  at("link-note").classList.toggle("bad", trouble.length > 0);
}

function show(state) {
  text("engine", state.engine);
  const { client, clock, frame } = state;
  if (client.connected) pill("client", "on", `client ${client.count} connected`);
  else pill("client", "off", client.count === 0 ? "no client yet" : "client left");
  if (clock.running) pill("clock", "on", "clock running");
  else pill("clock", "off", "card idle: clock stopped");
  at("failure").hidden = state.failure === null;
  text("failure", state.failure === null ? "" : `The card stopped: ${state.failure}`);
  mode(state.mode);
  text("frames", frame === null ? "0" : whole(frame.count));
  text("clean", frame === null ? "none" : frame.clean ? "no error" : `${whole(frame.symbol_errors)} symbol errors`);
  at("clean").classList.toggle("bad", frame !== null && !frame.clean);
  text("simulated", time(clock.simulated_ns));
  text("speed", clock.speed === 0 ? "0" : `1/${(1 / clock.speed).toFixed(clock.speed > 0.1 ? 1 : 0)}`);
  interrupts(state.interrupts);
  dma(state.dma);
  rows("semaphores", state.semaphores.map((semaphore, index) => ({
    cells: [
      String(index),
      semaphore.owner === 0 ? "free" : `0x${semaphore.owner.toString(16).padStart(4, "0")}`,
      semaphore.agent === "none" ? "" : semaphore.agent,
      whole(semaphore.claims),
      whole(semaphore.contention),
    ],
    held: semaphore.owner !== 0,
  })));
  link(state.link);
  notice(state);
  if (frame !== null) {
    wantedFrame = frame.number;
    fetchFrame();
  }
  document.body.dataset.ready = "yes";
}

// --- the connection

const events = new EventSource("events");
events.onopen = () => {
  pill("server", "on", "live");
  // A new server counts its frames anew.
  shownFrame = null;
};
events.onerror = () => pill("server", "bad", "server away, trying again");
events.addEventListener("state", (event) => show(JSON.parse(event.data)));

at("scale").addEventListener("change", place);
at("full").addEventListener("click", () => {
  // A browser may refuse; then everything stays as it is.
  const change = document.fullscreenElement ? document.exitFullscreen() : at("bezel").requestFullscreen();
  change.catch(() => {});
});
window.addEventListener("resize", place);
document.addEventListener("fullscreenchange", place);
place();
