"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const operators = data.operators;
  const canvas = document.getElementById("canvas");
  const svg = document.getElementById("graph");
  const details = document.getElementById("details");
  const status = document.getElementById("status");
  const nodes = [...svg.querySelectorAll(".node[data-operator]")];
  const nodeOf = new Map(nodes.map((n) => [Number(n.dataset.operator), n]));
  const width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
  const MARGIN = 16, LEAST = 0.05, MOST = 4;
  let scale = 1, selected = -1;

  // ------------------------------------------------------------------ elements

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((c) => c !== null));
    return made;
  };
  const shape = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const number = (v, digits = 4) => (v === null || v === undefined ? "-" : String(Number(v.toPrecision(digits))));
  const percent = (v) => (v === 0 ? "0%" : v < 0.001 ? "<0.1%" : `${(100 * v).toFixed(1)}%`);
  const time = (s) => (s === null ? "-" : s >= 1e-3 ? `${number(s * 1e3, 3)} ms` : `${number(s * 1e6, 3)} \u00b5s`);
  const count = (v) => v.toLocaleString("en-US");
  const pairs = (entries) => {
    const list = element("dl", { class: "pairs" });
    for (const [key, value] of entries) {
      const row = element("div", {}, element("dt", {}, key.replaceAll("_", " ")), element("dd", {}, String(value)));
      if (String(value).length > 24) row.className = "wide";
      list.append(row);
    }
    return list;
  };

  // ---------------------------------------------------------------------- zoom

  const zoom = (next, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) => {
    next = Math.min(MOST, Math.max(LEAST, next));
    // The point under x, y stays there.
    const box = svg.getBoundingClientRect(), pane = canvas.getBoundingClientRect();
    const at = [(x + pane.left - box.left) / box.width, (y + pane.top - box.top) / box.height];
    scale = next;
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
    const moved = svg.getBoundingClientRect();
    canvas.scrollLeft += moved.left + at[0] * moved.width - pane.left - x;
    canvas.scrollTop += moved.top + at[1] * moved.height - pane.top - y;
  };
  const fitWidth = () => (canvas.clientWidth - 2 * MARGIN) / width;
  const fitAll = () => Math.min(fitWidth(), (canvas.clientHeight - 2 * MARGIN) / height);
  const zooms = { in: () => zoom(scale * 1.25), out: () => zoom(scale / 1.25), one: () => zoom(1), fit: () => zoom(Math.min(1, fitAll())) };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", zooms[button.dataset.zoom]);
  }
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const pane = canvas.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - pane.left, event.clientY - pane.top);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.target.closest(".node[data-operator]")) return;
    const from = [event.clientX + canvas.scrollLeft, event.clientY + canvas.scrollTop];
    const move = (e) => {
      canvas.classList.add("drag");
      canvas.scrollLeft = from[0] - e.clientX;
      canvas.scrollTop = from[1] - e.clientY;
    };
    const end = () => {
      canvas.classList.remove("drag");
      removeEventListener("pointermove", move);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end, { once: true });
  });

  // ----------------------------------------------------------------- selection

  const reveal = (node) => {
    const box = node.getBoundingClientRect(), pane = canvas.getBoundingClientRect();
    if (box.top < pane.top + 8 || box.bottom > pane.bottom - 8) {
      canvas.scrollTop += (box.top + box.bottom - pane.top - pane.bottom) / 2;
    }
    if (box.left < pane.left || box.right > pane.right) {
      canvas.scrollLeft += (box.left + box.right - pane.left - pane.right) / 2;
    }
  };
  const select = (index, focus = false) => {
    if (!nodeOf.has(index)) return;
    selected = index;
    for (const [i, node] of nodeOf) {
      node.setAttribute("aria-pressed", String(i === index));
      node.setAttribute("tabindex", i === index ? "0" : "-1");
    }
    for (const row of document.querySelectorAll("tr[data-row]")) row.classList.toggle("on", Number(row.dataset.row) === index);
    for (const bar of document.querySelectorAll(".bars i")) bar.classList.toggle("on", Number(bar.dataset.select) === index);
    reveal(nodeOf.get(index));
    if (focus) nodeOf.get(index).focus({ preventScroll: true });
    show(operators[index]);
    const warnings = operators[index].warnings.length;
    status.textContent = `${operators[index].label}${warnings ? `, ${warnings} ${warnings === 1 ? "warning" : "warnings"}` : ""}`;
    history.replaceState(null, "", `#op${index}`);
  };
  svg.addEventListener("click", (event) => {
    const node = event.target.closest(".node[data-operator]");
    if (node) select(Number(node.dataset.operator), true);
  });
  const sideways = (index, step) => {
    const here = nodeOf.get(index).getBoundingClientRect();
    const beside = nodes.filter((n) => Math.abs(n.getBoundingClientRect().top - here.top) < here.height);
    beside.sort((a, b) => a.getBoundingClientRect().left - b.getBoundingClientRect().left);
    const next = beside[beside.indexOf(nodeOf.get(index)) + step];
    return next ? Number(next.dataset.operator) : index;
  };
  svg.addEventListener("keydown", (event) => {
    const node = event.target.closest(".node[data-operator]");
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = Number(node.dataset.operator), last = operators.length - 1;
    const actions = {
      ArrowDown: () => select(Math.min(index + 1, last), true), ArrowUp: () => select(Math.max(index - 1, 0), true),
      ArrowLeft: () => select(sideways(index, -1), true), ArrowRight: () => select(sideways(index, 1), true),
      Home: () => select(0, true), End: () => select(last, true),
      Enter: () => { select(index, true); details.focus(); }, " ": () => select(index, true),
      "+": zooms.in, "=": zooms.in, "-": zooms.out, "0": zooms.fit, "1": zooms.one,
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  details.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && selected >= 0) nodeOf.get(selected).focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-select]");
    if (!link) return;
    select(Number(link.dataset.select));
    if (link.matches(".link")) {
      document.querySelector(".split").scrollIntoView({ block: "start" });
      details.focus({ preventScroll: true });
    }
  });

  // ------------------------------------------------------------------- details

  const histogram = (t, category) => {
    const s = t.statistics, bars = s.counts.length;
    const box = element("div", { "data-category": category });
    const sorted = [...s.counts].sort((a, b) => b - a);
    // One value, zero as a rule, may dwarf all others: it is cut, and says so.
    const cut = sorted.length > 1 && sorted[1] > 0 && sorted[0] > 3 * sorted[1];
    const top = cut ? 1.35 * sorted[1] : Math.max(sorted[0], 1);
    const chart = shape("svg", { viewBox: `0 0 ${bars} 100`, preserveAspectRatio: "none", role: "img",
      "aria-label": `Histogram: ${count(s.count)} values from ${number(s.low)} to ${number(s.high)}` });
    s.counts.forEach((c, i) => {
      if (c === 0) return;
      const h = Math.max(1, 100 * Math.min(c / top, 1));
      const bar = shape("rect", { x: i, y: 100 - h, width: 1.02, height: h });
      if (cut && c > top) bar.setAttribute("class", "cut");
      bar.append(shape("title", {}));
      bar.firstChild.textContent = `${number(s.start + i * s.step)}: ${count(c)}`;
      chart.append(bar);
    });
    const q = t.quantization;
    const zero = q && q.scales === 1 ? (q.zero_point - s.start) / s.step + 0.5 : -1;
    if (zero >= 0 && zero <= bars) chart.append(shape("line", { class: "zero", x1: zero, x2: zero, y1: 0, y2: 100, "vector-effect": "non-scaling-stroke" }));
    chart.append(shape("line", { x1: 0, x2: bars, y1: 100, y2: 100, "vector-effect": "non-scaling-stroke" }));
    box.append(chart);
    const end = s.start + s.step * (bars > 64 ? bars - 1 : bars);
    box.append(element("div", { class: "axis", "aria-hidden": "true" }, element("span", {}, number(s.start)), element("span", {}, number(end))));
    if (cut) {
      const most = s.counts.indexOf(sorted[0]);
      box.append(element("p", {}, `${percent(sorted[0] / s.count)} are ${number(s.start + most * s.step)} (bar cut off)`));
    }
    return box;
  };
  const real = (t, v) => number(t.quantization.scale * (v - t.quantization.zero_point));
  const tensorCard = (t, role, category) => {
    const q = t.quantization, s = t.statistics;
    const card = element("article", { class: "tensor" },
      element("h4", {}, role, element("span", {}, `${t.type.toLowerCase()} ${t.shape}`)),
      element("p", { class: "name", title: t.name }, `${t.index} ${t.name}`));
    if (s) card.append(histogram(t, category));
    if (q) {
      card.append(element("p", {}, q.scales === 1 ? `scale ${number(q.scale, 7)}, zero point ${q.zero_point}`
        : `${q.scales} scales along dimension ${q.axis}, ${number(q.least)} to ${number(q.greatest)}`));
    }
    if (s) {
      const reals = q && q.scales === 1 ? `, real ${real(t, s.low)} to ${real(t, s.high)}` : "";
      card.append(element("p", {}, `values ${number(s.low)} to ${number(s.high)}${reals}`));
      if (s.used !== null) card.append(element("p", {}, `${percent(s.used)} of the range used, mean ${number(s.mean)}, deviation ${number(s.deviation)}`));
      for (const warning of s.warnings) card.append(element("p", { class: "alert-text" }, warning));
    }
    return card;
  };
  const errorTable = (error) => {
    const table = element("table", { class: "plain" });
    table.innerHTML = "<thead><tr><th></th><th class=n scope=col>SNR dB</th><th class=n scope=col>RMS</th><th class=n scope=col>RMS, steps</th><th class=n scope=col>Greatest</th><th class=n scope=col>Greatest, steps</th></tr></thead>";
    const body = element("tbody");
    for (const [key, label] of [["whole", "whole run so far"], ["alone", "this operator alone"]]) {
      const e = error[key];
      const cells = [e.exact ? "exact" : number(e.decibels, 3), number(e.rms, 3), number(e.rms_steps, 3), number(e.largest, 3), number(e.largest_steps, 3)];
      body.append(element("tr", {}, element("th", { scope: "row" }, label), ...cells.map((c) => element("td", { class: "n" }, c))));
    }
    table.append(body);
    return element("div", { class: "scroll" }, table);
  };
  const flavourTable = (differences) => {
    const table = element("table", { class: "plain" });
    table.innerHTML = "<thead><tr><th scope=col>flavour</th><th class=n scope=col>elements that differ</th><th class=n scope=col>by at most</th><th class=n scope=col>from the same inputs</th></tr></thead>";
    const body = element("tbody");
    for (const [name, d] of Object.entries(differences)) {
      const cells = [d.differing ? `${count(d.differing)} (${percent(d.share)})` : "none", d.differing ? number(d.largest) : "-", d.differing ? count(d.alone) : "-"];
      body.append(element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((c) => element("td", { class: "n" }, c))));
    }
    table.append(body);
    return element("div", { class: "scroll" }, table);
  };
  const roles = (op) => {
    const named = op.category === "convolution" || op.category === "matrix" ? ["Input", "Weights", "Bias"] : [];
    const inputs = op.inputs.map((i, k) => [i, named[k] || (op.inputs.length > 1 ? `Input ${k}` : "Input")]);
    const outputs = op.outputs.map((i, k) => [i, op.outputs.length > 1 ? `Output ${k}` : "Output"]);
    return [...outputs, ...inputs];
  };
  const show = (op) => {
    const step = (label, text, to) => {
      const button = element("button", { type: "button", "aria-label": label }, text);
      if (to < 0 || to >= operators.length) button.disabled = true;
      button.addEventListener("click", () => {
        select(to);
        details.querySelector(`[aria-label="${label}"]`).focus();
      });
      return button;
    };
    const head = element("h2", { "data-category": op.category }, op.label, element("span", { class: "tag" }, op.arithmetic),
      element("span", { class: "steps" }, step("Previous operator", "\u2191", op.index - 1), step("Next operator", "\u2193", op.index + 1)));
    const facts = [`output ${op.shape}`];
    if (op.macs) facts.push(`${count(op.macs)} MACs`);
    if (op.parameters) facts.push(`${count(op.parameters)} parameters`);
    if (op.seconds) facts.push(`${time(op.seconds)}${op.share !== null ? `, ${percent(op.share)} of the run` : ""}`);
    const parts = [head, element("p", { class: "lead" }, facts.join(" \u00b7 "))];
    const section = (title, content) => parts.push(element("h3", {}, title), content);
    if (op.warnings.length) parts.push(element("ul", { class: "alerts" }, ...op.warnings.map((w) => element("li", {}, w))));
    if (op.formula.length) section("Formula", element("pre", { class: "formula" }, op.formula.join("\n")));
    section("Tensors", element("div", { class: "tensors" }, ...roles(op).map(([i, role]) => tensorCard(data.tensors[i], role, op.category))));
    if (op.error) section("Error against float32", errorTable(op.error));
    else if (op.bridged) section("Error against float32", element("p", { class: "lead" }, "There is no float32 version of this operator: what follows starts again from the quantized values."));
    if (Object.keys(op.differences).length) section("Other flavours", flavourTable(op.differences));
    if (Object.keys(op.constants).length) section("Quantization constants", pairs(Object.entries(op.constants)));
    if (Object.keys(op.options).length) section("Attributes", pairs(Object.entries(op.options)));
    details.replaceChildren(...parts);
    details.scrollTop = 0;
  };

  // -------------------------------------------------------------------- charts

  const charts = {
    time: [(op) => op.seconds, time],
    noise: [(op) => op.error && (op.error.whole.exact ? null : op.error.whole.decibels), (v) => `${number(v, 3)} dB`],
    flavours: [(op) => Math.max(0, ...Object.values(op.differences).map((d) => d.share)), percent],
  };
  for (const [name, [value, text]] of Object.entries(charts)) {
    const box = document.querySelector(`[data-chart="${name}"]`);
    const values = operators.map(value);
    const top = Math.max(...values.filter((v) => v !== null), 0);
    operators.forEach((op, i) => {
      const bar = element("i", { "data-select": i, "data-category": op.category, title: `${op.label}: ${values[i] === null ? "-" : text(values[i])}` });
      bar.style.setProperty("--h", `${top > 0 && values[i] > 0 ? (100 * values[i]) / top : 0}%`);
      box.append(bar);
    });
    const caption = box.parentElement.querySelector("figcaption");
    caption.append(element("b", {}, top > 0 ? `up to ${text(top)}` : "none"));
  }

  // --------------------------------------------------------------------- table

  const body = document.querySelector("#layers tbody");
  const keys = {
    index: (op) => op.index, seconds: (op) => op.seconds, macs: (op) => op.macs, used: (op) => op.used, saturated: (op) => op.saturated,
    decibels: (op) => op.error && (op.error.whole.exact ? 1e9 : op.error.whole.decibels),
    alone: (op) => op.error && (op.error.alone.exact ? 1e9 : op.error.alone.decibels),
  };
  const headers = [...document.querySelectorAll("th[data-sort]")];
  for (const header of headers) {
    header.querySelector("button").addEventListener("click", () => {
      const name = header.dataset.sort, key = keys[name] || ((op) => (op.differences[name] || { share: null }).share);
      const ascending = header.getAttribute("aria-sort") ? header.getAttribute("aria-sort") === "descending"
        : name === "index" || name === "decibels" || name === "alone" || name === "used";
      for (const h of headers) h.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => [key(operators[Number(row.dataset.row)]), row]);
      // Rows without a value come last.
      rows.sort(([a], [b]) => (a === null) - (b === null) || (ascending ? a - b : b - a));
      body.append(...rows.map(([, row]) => row));
    });
  }
  const all = document.getElementById("all-findings");
  if (all) {
    all.addEventListener("click", () => {
      for (const item of document.querySelectorAll(".findings .more")) item.hidden = false;
      all.remove();
    });
  }

  // --------------------------------------------------------------------- start

  zoom(Math.min(1, Math.max(fitWidth(), 0.5)));
  canvas.scrollTop = 0;
  canvas.scrollLeft = Math.max(0, (svg.getBoundingClientRect().width + 2 * MARGIN - canvas.clientWidth) / 2);
  const wanted = /^#op(\d+)$/.exec(location.hash);
  if (operators.length) select(wanted ? Number(wanted[1]) : 0);
})();
