// The desk's call page by keyboard: results as one types, opened, asked about, copied and written down.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const words = $("#words"), hits = $("#hits"), opened = $("#opened"), form = $("#case");
  let csrf = $('meta[name="csrf"]')?.content ?? "";
  if (!words) return;

  let turns = [];  // of the conversation that Ctrl+Shift+Enter goes on with
  let looked = Promise.resolve();  // done when the results are those of what has been typed
  const latest = new Map();  // of the requests on their way to a place the last one counts

  async function fetched(url, options = {}) {
    let answer;
    try {
      answer = await fetch(url, {...options, headers: {"x-csrf": csrf, ...options.headers}});
    } catch {
      return {ok: false, text: "连接断了，请稍后再试。"};
    }
    const text = await answer.text();
    if (answer.ok) return {ok: true, text};
    if (answer.status === 401) return {ok: false, text: "登录已经过期。请在新标签页里重新登录，再回来保存；这一页写的还在。"};
    let message = "没有做成，请稍后再试。";
    try { message = JSON.parse(text).message ?? message; } catch {}
    return {ok: false, text: message, isStale: answer.status === 403};
  }
  const problem = (message) => {
    const line = Object.assign(document.createElement("p"), {className: "problem", textContent: message});
    line.setAttribute("role", "alert");
    return line;
  };
  async function show(place, request) {
    latest.set(place, request);
    const {ok, text} = await request;
    if (latest.get(place) !== request) return false;
    if (ok) place.innerHTML = text;  // the server's own template, everything in it escaped
    else place.replaceChildren(problem(text));
    return ok;
  }

  // — Results —
  const options = () => [...hits.querySelectorAll('[role="option"]')];
  const chosen = () => $('[aria-selected="true"]', hits);
  function mark(option) {
    options().forEach((o) => o.setAttribute("aria-selected", String(o === option)));
    words.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({block: "nearest"});
  }
  async function look() {
    const typed = words.value;
    const body = new URLSearchParams({q: typed});
    if (!(await show(hits, fetched("/desk/lookup", {method: "POST", body})))) return;
    words.setAttribute("aria-expanded", String(options().length > 0));
    mark(chosen());
  }
  async function open(kind, id) {
    const url = `/desk/card?kind=${encodeURIComponent(kind)}&id=${encodeURIComponent(id)}`;
    if (await show(opened, fetched(url))) opened.scrollTop = 0;
  }
  // A question stands alone unless it is said to go on: the next caller is never answered with this one's facts.
  async function ask(goesOn) {
    const question = words.value.trim();
    if (!question) return;
    const asked = goesOn ? [...turns, question] : [question];
    turns = asked;
    const body = new URLSearchParams({turns: JSON.stringify(asked)});
    const request = fetched("/desk/ask", {method: "POST", body});
    await show(opened, request);
    if (!(await request).ok && turns === asked) turns = asked.slice(0, -1);
  }
  function nextCaller() {
    form.reset();
    turns = [];
    words.value = "";
    hits.replaceChildren();
    opened.replaceChildren();
    words.focus();
  }

  // — Copying, and the case —
  // The line of what was opened last, or of the result marked since.
  let isOpenedLast = false;
  const lineToRead = () =>
    ((isOpenedLast && $("#aloud", opened)) || $(".aloud", chosen() ?? hits) || $("#aloud", opened) || opened).innerText.trim();
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), {value: text}));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    $("output", form).textContent = `已复制：${text.slice(0, 30)}`;
  }
  function writeDown() {
    const card = $(".card-open", opened);
    const field = form.elements;
    field.question.value ||= card?.dataset.question || words.value;
    field.answer.value ||= card?.dataset.answer ?? $("#aloud", opened)?.innerText ?? "";
    field.receipt.value ||= card?.dataset.receipt ?? "";
    field.caller.focus();
  }
  async function renewToken() {
    const page = new DOMParser().parseFromString(await (await fetch("/desk")).text(), "text/html");
    csrf = $('meta[name="csrf"]', page)?.content ?? csrf;
  }
  async function save() {
    const output = $("output", form);
    if (!form.reportValidity()) return;
    const send = () => fetched("/desk/cases", {method: "POST", body: new URLSearchParams(new FormData(form))});
    let answer = await send();
    if (!answer.ok && answer.isStale) {  // signed in anew in another tab
      await renewToken();
      answer = await send();
    }
    if (!answer.ok) return output.replaceChildren(problem(answer.text));
    nextCaller();
    output.textContent = JSON.parse(answer.text).message;
  }
  const isWritten = () => [...form.elements].some((field) => field.name && field.tagName !== "SELECT" && field.value);
  addEventListener("beforeunload", (event) => isWritten() && event.preventDefault());

  words.addEventListener("input", (event) => {
    if (event.isComposing) return;  // letters of a character still being typed
    isOpenedLast = false;
    looked = look();
  });
  words.addEventListener("compositionend", () => (looked = look()));
  words.addEventListener("keydown", async (event) => {
    if (event.isComposing) return;
    const all = options();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      isOpenedLast = false;
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (all.length) mark(all.at((all.indexOf(chosen()) + step + all.length) % all.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      isOpenedLast = true;
      if (event.ctrlKey) return ask(event.shiftKey);
      await looked;
      const option = chosen();
      if (option) open(option.dataset.kind, option.dataset.id);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      words.focus();
      words.select();
    } else if (event.altKey && !event.ctrlKey) {
      const act = {KeyC: () => copy(lineToRead()), KeyN: writeDown, KeyS: save, KeyX: nextCaller}[event.code];
      if (act) {
        event.preventDefault();
        act();
      }
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-kind]");
    if (link) open(link.dataset.kind, link.dataset.id);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
})();
