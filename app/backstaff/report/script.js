"use strict";
(() => {
  const CHUNK = 100, LINE_HEIGHT = 21, MOST_MARKS = 200, GAP = -1, QUIET_SOURCE = "steps";
  const T = 0, SOURCE = 1, HOST = 2, ROLE = 3, TONE = 4, TEXT = 5;
  const CLOCKS = { run: "since it began", utc: "UTC", local: "local time" };
  const by = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const data = JSON.parse(by("log-data").textContent);
  const lines = data.lines;
  const view = by("lines"), status = by("status"), reveal = by("reveal"), sources = by("sources");
  const state = { q: "", re: false, only: false, host: "", role: "", sources: new Set(), clock: "run" };
  let pattern = null, shown = [], matches = [], current = -1, here = -1, hidden = 0, chunks = [];

  // What is shown

  const counts = data.sources.map(() => 0);
  for (const line of lines) if (line[SOURCE] !== GAP) counts[line[SOURCE]] += 1;
  const usualSources = () => {
    const usual = data.sources.filter((name) => name !== QUIET_SOURCE);
    return new Set(usual.length ? usual : data.sources);
  };

  function compile() {
    by("q").removeAttribute("aria-invalid");
    if (!state.q) return null;
    const source = state.re ? state.q : state.q.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const mindsCase = /\p{Lu}/u.test(state.q.replace(/\\./g, ""));
    try {
      return new RegExp(source, mindsCase ? "g" : "gi");
    } catch {
      by("q").setAttribute("aria-invalid", "true");
      return undefined;
    }
  }

  function found(text) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      if (match[0]) return true;
      pattern.lastIndex += 1;
    }
    return false;
  }

  function choose() {
    pattern = compile();
    const wanted = data.sources.map((name) => state.sources.has(name));
    const host = data.hosts.indexOf(state.host), role = data.roles.indexOf(state.role);
    shown = [];
    matches = [];
    hidden = 0;
    lines.forEach((line, number) => {
      const gap = line[SOURCE] === GAP;
      const fits = gap || (wanted[line[SOURCE]] && (!state.host || line[HOST] === host)
        && (!state.role || line[ROLE] === role));
      const hit = Boolean(pattern) && !gap && found(line[TEXT]);
      if (!fits) {
        hidden += hit;
        return;
      }
      if (hit) matches.push(shown.length);
      if (hit || gap || !state.only || !pattern) shown.push(number);
    });
    if (current >= matches.length) current = -1;
  }

  // The view: only chunks near what is seen have their lines, the others only their height

  function layOut() {
    const last = lines.length ? lines[lines.length - 1][T] : 0;
    view.style.setProperty("--at", timeOf(last).length + "ch");
    view.replaceChildren();
    chunks = [];
    for (let start = 0; start < shown.length; start += CHUNK) {
      const count = Math.min(CHUNK, shown.length - start);
      const box = make("div", "chunk");
      box.style.height = count * LINE_HEIGHT + "px";
      view.append(box);
      chunks.push({ box, start, count, filled: false });
    }
    if (!shown.length) view.append(make("p", "empty", "No line fits."));
    paint();
  }

  function fill(chunk) {
    if (chunk.filled) return;
    const part = document.createDocumentFragment();
    for (let at = chunk.start; at < chunk.start + chunk.count; at += 1) part.append(lineElement(at));
    chunk.box.replaceChildren(part);
    chunk.box.style.height = "";
    chunk.filled = true;
  }

  function paint() {
    const margin = view.clientHeight, top = view.scrollTop - margin;
    const bottom = view.scrollTop + view.clientHeight + margin;
    const near = [];
    for (const chunk of chunks) {
      const start = chunk.box.offsetTop, end = start + chunk.box.offsetHeight;
      if (end >= top && start <= bottom) near.push(chunk);
      else if (chunk.filled && (end < top - 8 * margin || start > bottom + 8 * margin)) {
        chunk.box.style.height = chunk.box.offsetHeight + "px";
        chunk.box.replaceChildren();
        chunk.filled = false;
      }
    }
    near.forEach(fill);
  }

  function lineElement(at) {
    const line = lines[shown[at]];
    if (line[SOURCE] === GAP) return make("div", "line gap", line[TEXT]);
    const row = make("div", "line " + line[TONE]);
    row.dataset.at = at;
    if (at === here) row.classList.add("here");
    const time = make("a", "at", timeOf(line[T]));
    time.href = "#t=" + line[T];
    const who = [data.hosts[line[HOST]], data.roles[line[ROLE]]].filter(Boolean).join(" ");
    const whose = make("span", "who", who);
    whose.title = who;
    row.append(time, whose, make("span", "source", data.sources[line[SOURCE]]), textElement(line[TEXT]));
    return row;
  }

  function textElement(text) {
    const box = make("span", "text");
    if (!pattern) {
      box.textContent = text;
      return box;
    }
    let end = 0, count = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match && count < MOST_MARKS; match = pattern.exec(text)) {
      if (!match[0]) {
        pattern.lastIndex += 1;
        continue;
      }
      box.append(text.slice(end, match.index), make("mark", "", match[0]));
      end = match.index + match[0].length;
      count += 1;
    }
    box.append(text.slice(end));
    return box;
  }

  const two = (number) => String(number).padStart(2, "0");

  function timeOf(t) {
    if (state.clock === "run") {
      const tenths = Math.round(t * 10), seconds = Math.floor(tenths / 10);
      const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
      const start = hours ? hours + ":" + two(minutes) : String(minutes);
      return start + ":" + two(seconds % 60) + "." + (tenths % 10);
    }
    const at = new Date(data.began + t * 1000);
    if (Number.isNaN(at.getTime())) return "";
    return state.clock === "utc" ? at.toISOString().slice(11, 21)
      : [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  }

  // Going somewhere

  function goTo(at) {
    here = at;
    const chunk = chunks[Math.floor(at / CHUNK)];
    if (!chunk) return;
    view.scrollTop = chunk.box.offsetTop;
    fill(chunk);
    for (const marked of view.querySelectorAll(".here")) marked.classList.remove("here");
    const row = chunk.box.children[at - chunk.start];
    row.classList.add("here");
    view.scrollTop = row.offsetTop - view.clientHeight / 3;
    paint();
    view.scrollTop = row.offsetTop - view.clientHeight / 3;
  }

  function goToTime(t) {
    const at = shown.findIndex((number) => lines[number][SOURCE] !== GAP && lines[number][T] >= t - 0.0005);
    if (shown.length) goTo(at < 0 ? shown.length - 1 : at);
  }

  function step(by) {
    if (!matches.length) return;
    const beyond = by > 0 ? matches.findIndex((at) => at > here) : matches.findLastIndex((at) => at < here);
    const from = beyond >= 0 ? beyond : by > 0 ? 0 : matches.length - 1;
    current = current < 0 ? from : (current + by + matches.length) % matches.length;
    goTo(matches[current]);
    tell();
  }

  function tell() {
    const counted = (count) => count.toLocaleString("en") + (count === 1 ? " line" : " lines");
    const at = current < 0 ? "" : current + 1 + " of ";
    if (pattern === undefined) status.textContent = "not a regular expression";
    else if (!pattern) status.textContent = counted(shown.filter((n) => lines[n][SOURCE] !== GAP).length);
    else status.textContent = at + counted(matches.length) + (hidden ? ", " + hidden + " not shown" : "");
    reveal.hidden = !(pattern && hidden);
    by("next").disabled = by("previous").disabled = !matches.length;
  }

  function update(first) {
    current = -1;
    here = -1;
    choose();
    layOut();
    tell();
    writeFragment();
    if (first && matches.length) step(1);
  }

  // The search in the page's address

  function writeFragment() {
    const parts = new URLSearchParams();
    for (const name of ["q", "host", "role"]) if (state[name]) parts.set(name, state[name]);
    for (const name of ["re", "only"]) if (state[name]) parts.set(name, "1");
    const usual = usualSources();
    if (usual.size !== state.sources.size || [...usual].some((name) => !state.sources.has(name))) {
      parts.set("source", [...state.sources].join(","));
    }
    if (state.clock !== "run") parts.set("clock", state.clock);
    try {
      history.replaceState(null, "", "#" + parts);
    } catch {
      // Some viewers allow no address of its own; the search works all the same.
    }
  }

  function readFragment() {
    const parts = new URLSearchParams(location.hash.slice(1));
    for (const name of ["q", "host", "role"]) state[name] = parts.get(name) || "";
    for (const name of ["re", "only"]) state[name] = parts.get(name) === "1";
    const named = parts.has("source") ? parts.get("source").split(",") : null;
    state.sources = named ? new Set(data.sources.filter((name) => named.includes(name))) : usualSources();
    state.clock = Object.hasOwn(CLOCKS, parts.get("clock") || "") ? parts.get("clock") : "run";
    showState();
    update(true);
    if (parts.has("t")) goToTime(Number(parts.get("t")) || 0);
  }

  function showState() {
    for (const name of ["q", "host", "role", "clock"]) by(name).value = state[name];
    for (const name of ["re", "only"]) by(name).checked = state[name];
    for (const box of sources.querySelectorAll("input")) box.checked = state.sources.has(box.value);
  }

  // Controls

  function options(name, all, names) {
    by(name).append(new Option(all, ""), ...names.filter(Boolean).sort(natural).map((each) => new Option(each)));
    by(name).hidden = names.filter(Boolean).length < 2;
  }
  const natural = (a, b) => a.localeCompare(b, "en", { numeric: true });

  options("host", "all hosts", data.hosts);
  options("role", "all roles", data.roles);
  for (const [name, told] of Object.entries(CLOCKS)) by("clock").append(new Option(told, name));
  by("clock").title = "times of the log";
  data.sources.forEach((name, number) => {
    const label = make("label", "toggle"), box = make("input");
    box.type = "checkbox";
    box.value = name;
    label.append(box, make("span", "", name), make("span", "quiet", counts[number].toLocaleString("en")));
    sources.append(label);
    box.addEventListener("change", () => {
      state.sources[box.checked ? "add" : "delete"](name);
      update(false);
    });
  });
  const widest = Math.max(...data.hosts.map((name) => name.length)) + Math.max(...data.roles.map((name) => name.length));
  view.style.setProperty("--who", Math.min(Math.max(widest + 1, 6), 32) + "ch");

  let typing = 0;
  by("q").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      state.q = by("q").value;
      update(true);
    }, 120);
  });
  for (const name of ["host", "role", "clock"]) {
    by(name).addEventListener("change", () => {
      state[name] = by(name).value;
      update(false);
    });
  }
  for (const name of ["re", "only"]) {
    by(name).addEventListener("change", () => {
      state[name] = by(name).checked;
      update(true);
    });
  }
  by("next").addEventListener("click", () => step(1));
  by("previous").addEventListener("click", () => step(-1));
  reveal.addEventListener("click", () => {
    state.host = state.role = "";
    state.sources = new Set(data.sources);
    showState();
    update(true);
  });
  let painting = false;
  const paintSoon = () => {
    if (painting) return;
    painting = true;
    requestAnimationFrame(() => {
      painting = false;
      paint();
    });
  };
  view.addEventListener("scroll", paintSoon);
  addEventListener("resize", paintSoon);
  addEventListener("hashchange", readFragment);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typed = event.target.matches("input[type=search], select");
    if (event.target === by("q") && event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else if (!typed && event.key === "n") step(1);
    else if (!typed && event.key === "N") step(-1);
    else if (!typed && event.key === "/") by("q").focus();
    else return;
    event.preventDefault();
  });

  // The timeline: its links go to the log, its titles come at once

  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#t="]');
    if (!link) return;
    event.preventDefault();
    goToTime(Number(link.getAttribute("href").slice(3)));
    if (!view.contains(link)) by("log").scrollIntoView({ block: "start" });
  });
  const tip = make("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  for (const title of document.querySelectorAll(".timeline title")) {
    const bar = title.closest(".bar");
    bar.dataset.words = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    const bar = event.target.closest(".bar");
    tip.hidden = !bar;
    if (!bar) return;
    tip.textContent = bar.dataset.words;
    const left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, left) + "px";
    const above = event.clientY - tip.offsetHeight - 12;
    tip.style.top = (above > 8 ? above : event.clientY + 16) + "px";
  });

  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });

  by("log").hidden = false;
  readFragment();
})();
