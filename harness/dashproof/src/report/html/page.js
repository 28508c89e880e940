"use strict";
(() => {
  const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a", "#b59a00"];
  const W = 760, H = 220, L = 64, R = 12, T = 10, B = 26;
  let loading;
  const load = () => loading ??= (async () => {
    const text = document.getElementById("plots").textContent;
    const packed = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const size = new DataView(bytes.buffer).getUint32(0);
    const plots = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    let at = 4 + size;
    for (const plot of plots) { plot.at = at; at += plot.names.length * plot.columns * 4; }
    return { plots, bytes };
  })();
  const make = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  };
  const clock = (ms) => {
    const s = Math.floor(Math.abs(ms) / 1000), two = (n) => String(n).padStart(2, "0");
    return `${ms < 0 ? "−" : ""}${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  };
  const draw = async (details) => {
    const { plots, bytes } = await load();
    const plot = plots[Number(details.dataset.plot)];
    const svg = make("svg", { class: "plot", viewBox: `0 0 ${W} ${H}`, role: "img" }, details);
    svg.setAttribute("aria-label", details.querySelector("summary").textContent);
    const x = (n) => L + (n / Math.max(1, plot.columns - 1)) * (W - L - R);
    const y = (b) => H - B - (b / 262) * (H - T - B);
    for (const incident of JSON.parse(details.closest("section").dataset.incidents)) {
      const place = (ms) => L + Math.min(1, Math.max(0, (ms - plot.from) / (plot.to - plot.from))) * (W - L - R);
      if (incident.to < plot.from || plot.to < incident.from) continue;
      const width = Math.max(1.5, place(incident.to) - place(incident.from));
      const region = make("rect", { class: "incident", x: place(incident.from), y: T, width, height: H - T - B }, svg);
      make("title", {}, region).textContent = incident.name;
    }
    for (let part = 0; part <= 4; part++) {
      const value = plot.low + (plot.high - plot.low) * part / 4, at = y(62.5 * part);
      make("path", { class: "grid", d: `M${L} ${at}H${W - R}` }, svg);
      make("text", { x: L - 6, y: at + 4, "text-anchor": "end" }, svg).textContent = String(Number(value.toPrecision(3)));
      const time = plot.from + (plot.to - plot.from) * part / 4;
      const anchor = ["start", "middle", "middle", "middle", "end"][part];
      make("text", { x: L + (W - L - R) * part / 4, y: H - 8, "text-anchor": anchor }, svg).textContent = clock(time);
    }
    plot.names.forEach((_, nth) => {
      const row = (k) => bytes.subarray(plot.at + (nth * 4 + k) * plot.columns, plot.at + (nth * 4 + k + 1) * plot.columns);
      const [low, high, least, greatest] = [row(0), row(1), row(2), row(3)];
      const runs = (values) => {
        const found = [];
        for (let n = 0, open = false; n < plot.columns; n++) {
          if (values[n] === 255) { open = false; continue; }
          if (!open) found.push([]);
          open = true;
          found.at(-1).push(n);
        }
        return found;
      };
      for (const run of runs(least)) {
        const there = run.map((n) => `${x(n).toFixed(1)} ${y(greatest[n]).toFixed(1)}`);
        const back = [...run].reverse().map((n) => `${x(n).toFixed(1)} ${y(least[n]).toFixed(1)}`);
        make("path", { class: "band", fill: colours[nth], d: `M${[...there, ...back].join("L")}Z` }, svg);
      }
      for (const run of runs(low)) {
        const d = run.map((n) => `${x(n).toFixed(1)} ${y(low[n]).toFixed(1)}V${y(high[n]).toFixed(1)}`).join("L");
        make("path", { class: "shown", stroke: colours[nth], d: `M${d}${run.length === 1 ? "h2" : ""}` }, svg);
      }
    });
    const legend = document.createElement("ul");
    legend.className = "legend";
    plot.names.forEach((name, nth) => {
      const item = document.createElement("li"), sign = document.createElement("i");
      sign.style.background = colours[nth];
      item.append(sign, name || "(no labels)");
      legend.append(item);
    });
    if (plot.more) legend.append(Object.assign(document.createElement("li"), { textContent: `and ${plot.more} more` }));
    details.append(legend);
  };
  for (const details of document.querySelectorAll("details[data-plot]")) {
    if (details.open) draw(details);
    else details.addEventListener("toggle", () => draw(details), { once: true });
  }
  // A link to a scenario, also from outside, opens it.
  const open = () => {
    const named = location.hash && document.getElementById(location.hash.slice(1));
    const details = named && named.querySelector("details");
    if (details) { details.open = true; named.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
})();
