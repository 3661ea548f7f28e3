// What the page does in the browser beside Gradio: links into the text, tools under an answer, and a lost connection.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, words, attributes = {}) => Object.assign(document.createElement(tag), {textContent: words, ...attributes});

  // — Links into the text: #clause-5.9 opens the tab of the original and goes there —

  function open(hash) {
    if (!hash.startsWith("#clause-")) return;
    const tab = all('button[role="tab"]').find((button) => button.textContent.trim() === "读原文");
    if (!tab) return setTimeout(open, 200, hash);
    if (tab.getAttribute("aria-selected") !== "true") tab.click();
    let tries = 0;
    const go = () => {
      const clause = document.getElementById(hash.slice(1));
      if (clause && clause.offsetParent) {
        clause.scrollIntoView({block: "start"});
        clause.focus({preventScroll: true});
      } else if (tries++ < 50) setTimeout(go, 100);
    };
    go();
  }
  let before = null;  // the tab from which a clause was opened
  addEventListener("hashchange", () => (location.hash ? open(location.hash) : before?.click()));
  addEventListener("load", () => open(location.hash));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#clause-"]');
    if (!link) return;
    event.preventDefault();
    before = document.querySelector('button[role="tab"][aria-selected="true"]');
    if (location.hash === link.hash) open(link.hash);
    else location.hash = link.hash;
  });

  // The arrow keys go from tab to tab.
  document.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step || event.target.getAttribute?.("role") !== "tab") return;
    const tabs = all('button[role="tab"]').filter((tab) => tab.offsetParent);
    tabs.at((tabs.indexOf(event.target) + step) % tabs.length).focus();
  });

  // — Under each finished answer: copy, share, print, and what the reader thinks of it —

  const questionOf = (reply) => {
    const rows = all("#talk .user-row, #talk .reply");
    const at = rows.indexOf(reply);
    return rows.slice(0, at).reverse().find((row) => row.classList.contains("user-row"))?.innerText.trim() ?? "";
  };
  function wordsOf(reply) {
    const copy = reply.cloneNode(true);
    all(".tools, .whole, .receipt", copy).forEach((part) => part.remove());
    all(".figure", copy).forEach((figure) => (figure.textContent = [...figure.children].map((c) => c.textContent).join(" ")));
    all("details", copy).forEach((details) => (details.open = true));
    copy.style.cssText = "position:fixed;left:-9999px;width:600px";
    document.body.append(copy);
    const words = copy.innerText.replace(/\n{3,}/g, "\n\n").trim();
    copy.remove();
    return `问：${questionOf(reply)}\n\n${words}\n\n（${document.title}，仅供参考，以主管部门认定为准）`;
  }
  async function copyWords(words) {
    try {
      await navigator.clipboard.writeText(words);
    } catch {  // a plain http address has no clipboard
      const area = document.body.appendChild(make("textarea", words));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
  function judge(reply, tools, verdict, reason = "") {
    const receipt = reply.querySelector(".receipt").textContent.replace("回执", "").trim();
    const body = JSON.stringify({receipt, verdict, reason, question: questionOf(reply).slice(0, 2000)});
    fetch("feedback", {method: "POST", headers: {"content-type": "application/json"}, body})
      .then((answer) => say(tools, answer.ok ? "谢谢，已经记下。" : "没有记下，请稍后再试。"))
      .catch(() => say(tools, "没有记下，请稍后再试。"));
  }
  const say = (tools, words) => (tools.querySelector("output").textContent = words);
  const REASONS = ["数字不对", "条款不对", "没答我问的", "看不懂"];

  function equip(reply) {
    const tools = make("div", "", {className: "tools"});
    const add = (words, act, label = words) => {
      const button = tools.appendChild(make("button", words, {type: "button"}));
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => act(button));
      return button;
    };
    add("复制", async () => (await copyWords(wordsOf(reply)), say(tools, "已复制。")), "复制这条回答");
    add("分享", async () => {
      const text = wordsOf(reply);
      if (navigator.share) return navigator.share({text}).catch(() => {});
      await copyWords(text);
      say(tools, "已复制，可以粘贴到微信里。");
    }, "把这条回答分享成文字");
    add("打印", () => window.print(), "打印或存为 PDF");
    add("有用", () => judge(reply, tools, "good"), "这条回答有用");
    add("有问题", (button) => {
      if (tools.querySelector(".reasons")) return;
      const reasons = make("span", "", {className: "reasons"});
      for (const reason of REASONS) {
        const choice = reasons.appendChild(make("button", reason, {type: "button"}));
        choice.addEventListener("click", () => (reasons.remove(), judge(reply, tools, "bad", reason)));
      }
      button.after(reasons);
      reasons.firstChild.focus();
    }, "这条回答有问题，请选原因");
    tools.append(make("output", ""));
    reply.append(tools);
  }
  // What Gradio reads out in English.
  const SPOKEN = [["user's message", "问题"], ["bot's message", "回答"], ["chatbot conversation", "对话"]];
  const translate = () => SPOKEN.forEach(([english, chinese]) =>
    all(`[aria-label^="${english}"]`).forEach((part) => part.setAttribute("aria-label", chinese)));

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      translate();
      all("#talk .reply").filter((r) => r.querySelector(".receipt") && !r.querySelector(".tools")).forEach(equip);
    });
  }).observe(document, {childList: true, subtree: true});
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all(".reply details:not([open])");
    opened.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
  document.addEventListener("click", (event) => event.target.closest?.("#print") && window.print());

  // — A lost connection is said; when the server is back, the page is loaded anew and the conversation asked again —

  const REPLAY = "replay";
  const plainFetch = window.fetch.bind(window);
  let lost = false;

  const banner = (words, state) => {
    let line = document.getElementById("connection");
    if (!line) {
      line = make("p", "", {id: "connection"});
      line.setAttribute("role", "alert");
      document.body.append(line);
    }
    line.className = state;
    line.textContent = words;
  };
  const unanswered = () => {
    const last = all("#talk .user-row, #talk .reply").at(-1);
    return Boolean(last && !last.querySelector(".receipt"));
  };
  const healthy = () => plainFetch("healthz", {cache: "no-store"}).then((answer) => answer.ok, () => false);

  async function look(broken = false) {
    if (await healthy()) {
      if (!lost && !broken) return;
      const turns = all("#talk .user-row").map((row) => row.innerText.trim());
      const pending = document.querySelector("#box textarea")?.value.trim();
      sessionStorage.setItem(REPLAY, JSON.stringify(pending ? [...turns, pending] : turns));
      location.reload();
    } else if (!lost) {
      lost = true;
      banner("和服务器的连接断了，正在重连。对话和没发出的问题都还在。", "lost");
    }
  }
  window.fetch = (...request) => {
    // Gradio asks this to load the page anew the moment the server is back, before the conversation has been put aside.
    if (String(request[0]?.url ?? request[0]).endsWith("/app_id")) return Promise.reject(new TypeError("not now"));
    return plainFetch(...request).then((answer) => {
      if ([408, 413, 429].includes(answer.status)) answer.clone().json().then((said) => banner(said.message, "refused"), () => {});
      else if (answer.url.endsWith("/queue/join")) document.querySelector("#connection.refused")?.remove();
      return answer;
    }, (error) => {
      // After a broken stream Gradio's front end takes nothing more, whether or not the server is well.
      if (error.name !== "AbortError") look(String(request[0]?.url ?? request[0]).includes("/queue/"));
      throw error;
    });
  };
  setInterval(() => (lost || unanswered()) && look(), 2000);

  async function until(holds) {
    for (let tries = 0; tries < 200 && !holds(); tries++) await new Promise((done) => setTimeout(done, 100));
  }
  addEventListener("load", async () => {
    const turns = JSON.parse(sessionStorage.getItem(REPLAY) ?? "[]");
    sessionStorage.removeItem(REPLAY);
    if (!turns.length) return;
    await until(() => document.querySelector("#box textarea")?.offsetParent);
    for (const [at, turn] of turns.entries()) {
      const box = document.querySelector("#box textarea");
      box.value = turn;
      box.dispatchEvent(new Event("input", {bubbles: true}));
      await new Promise((done) => setTimeout(done, 100));
      document.querySelector("#send").click();
      await until(() => all("#talk .receipt").length > at);
    }
    banner("已经重新连上，对话已经恢复。", "back");
    setTimeout(() => document.getElementById("connection")?.remove(), 8000);
  });
})();
