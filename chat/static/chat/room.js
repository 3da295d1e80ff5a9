// The room, live: what the page already does by forms, without reloading. Protocol: docs/protocol.md.

const log = document.getElementById("log");
const lines = document.getElementById("lines");
const waiting = document.getElementById("waiting");
const composer = document.getElementById("composer");
const body = document.getElementById("body");
const notice = document.getElementById("notice");
const answering = document.getElementById("answering");
const connection = document.getElementById("connection");
const typingLine = document.getElementById("typing");
const template = document.getElementById("message-template");
const newer = document.getElementById("newer");
const words = JSON.parse(document.getElementById("words").textContent);
const { room, member, name: ownName, language } = log.dataset;
const NO_ID = "0000000000000000";
const STORE = `havre:${member}:${room}`;
const PUT_AWAY = `${STORE}:away`;
const CLOSE = { LOGIN: 4401, FORBIDDEN: 4403, RESUME: 4408, FLOOD: 4429 };
const TOGETHER = 5 * 60_000; // lines of one author within five minutes stand together
const locale = language === "en" ? "en-GB" : language;
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const calendar = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });

let seq = Number(log.dataset.seq);
let read = Number(log.dataset.read);
let socket = null;
let joined = false;
let attempts = 0;
let reconnecting = 0;
let editing = null; // id of the message being edited
let typedAt = 0;
let outbox = load(STORE); // what was written and not answered yet: survives a reload of this tab, and no more
const edits = new Map(); // id of a message -> its new words, on their way
const names = new Map(); // pseudonym -> public id, of people met on this page
const here = new Set(); // public ids of people who follow the room now
const writers = new Map(); // pseudonym -> timer

// -- what is kept for later ------------------------------------------------------------------------------------------

function load(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? [];
  } catch {
    return [];
  }
}

function save(key = STORE, kept = outbox) {
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // A full or forbidden store: the page still holds what was written.
  }
}

function settle(clientId) {
  outbox = outbox.filter((post) => post.client_id !== clientId);
  save();
}

// -- the socket ------------------------------------------------------------------------------------------------------

function connect() {
  clearTimeout(reconnecting);
  if (socket) return;
  say(words.connecting, "connecting");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/ws/`);
  socket.addEventListener("open", () => send({ type: "resume", room, after: seq, together: true }));
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => closed(event.code, event.reason));
}

function closed(code, reason) {
  socket = null;
  joined = false;
  if (code === CLOSE.LOGIN || code === CLOSE.FORBIDDEN) {
    shut(reason);
    return;
  }
  say(words.offline, "offline");
  attempts = code === CLOSE.RESUME ? 0 : attempts + 1;
  const pause = code === CLOSE.FLOOD ? 10_000 : Math.min(20_000, 300 * 2 ** attempts);
  reconnecting = setTimeout(connect, pause * (0.5 + Math.random() / 2));
}

function send(frame) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

function say(text, state) {
  if (connection.textContent !== text) connection.textContent = text;
  connection.dataset.state = state;
}

function shut(text) {
  show(text || words.closed);
  say(words.closed, "closed");
  composer.querySelector("button").disabled = true;
  document.getElementById("renew").hidden = false;
}

function show(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

// -- what the server says --------------------------------------------------------------------------------------------

const heard = {
  welcome() {},
  ack(frame) {
    if (frame.for === "resume" || frame.for === "join") {
      joined = true;
      attempts = 0;
      say(words.live, "live");
      for (const post of outbox) send(post);
    } else if (frame.for === "post") {
      settle(frame.client_id);
      const item = pending(frame.client_id);
      if (item) {
        item.dataset.id = frame.message;
        if (frame.state === "visible" && find(frame.message)) item.remove();
        else settled(item, frame.state); // why stands in the notice
      }
      if (frame.text) show(frame.text);
    } else if (frame.for === "edit") {
      const text = edits.get(frame.message);
      edits.delete(frame.message);
      if (text && (frame.state === "held" || frame.state === "refused")) {
        const item = own(text);
        item.dataset.id = frame.message;
        settled(item, frame.state);
      }
      if (frame.text) show(frame.text);
    } else if (frame.text) {
      show(frame.text);
    }
  },
  event(frame) {
    if (frame.room !== room || frame.seq <= seq) return;
    seq = frame.seq;
    if (frame.kind === "removed") remove(frame.message.id);
    else if (frame.kind === "edited") change(frame.message);
    else if (frame.kind === "posted") append(frame.message, frame.seq);
    seen();
  },
  events(frame) {
    frame.items.forEach(heard.event);
  },
  refused(frame) {
    show(frame.text);
    document.getElementById("why").hidden = frame.code !== "muted";
    if (frame.for === "join" || frame.for === "resume") {
      shut(frame.text);
    } else if (frame.client_id) {
      const post = outbox.find((one) => one.client_id === frame.client_id);
      settle(frame.client_id);
      const item = pending(frame.client_id);
      if (item) failed(item, frame.text, post);
    } else if (frame.for === "edit") {
      const text = edits.get(frame.message);
      edits.delete(frame.message);
      if (text && !body.value.trim()) rewrite(frame.message, text); // nothing typed is lost
    }
  },
  typing(frame) {
    if (frame.room !== room || frame.member.id === member) return;
    clearTimeout(writers.get(frame.member.name));
    writers.set(frame.member.name, setTimeout(() => stopped(frame.member.name), 5000));
    writing();
  },
  presence(frame) {
    if (frame.room !== room) return;
    if (frame.people) here.clear();
    for (const one of [...(frame.people ?? []), ...(frame.came ? [frame.came] : [])]) {
      names.set(one.name, one.id);
      here.add(one.id);
    }
    if (frame.left) here.delete(frame.left.id);
    say(`${words.live} ${words.here.replace("{n}", String(here.size))}`, "live");
  },
  notice(frame) {
    const item = frame.message && waiting.querySelector(`[data-id="${CSS.escape(frame.message)}"]`);
    const text = frame.text || words.something_waits;
    if (item) state(item, text);
    if (item && frame.code === "message.refused") offer(item);
    show(text);
  },
  error(frame) {
    const post = outbox.find((one) => one.client_id === frame.client_id);
    if (frame.code === "try_again" && post) setTimeout(() => joined && send(post), 2000);
    else console.warn("frame refused", frame.code);
  },
  closed(frame) {
    if (!frame.room || frame.room === room) shut(frame.text);
  },
};

function hear(frame) {
  heard[frame.type]?.(frame);
}

// -- messages --------------------------------------------------------------------------------------------------------

function find(id) {
  return document.getElementById(`m-${id}`);
}

function pending(clientId) {
  return waiting.querySelector(`[data-client="${CSS.escape(clientId)}"]`);
}

function blank() {
  return template.content.firstElementChild.cloneNode(true);
}

function atEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function append(message, number) {
  const follow = atEnd();
  find(message.id)?.remove();
  waiting.querySelector(`[data-id="${CSS.escape(message.id)}"]`)?.remove();
  log.querySelector(".empty")?.remove();
  const own = message.author.id === member;
  const item = blank();
  item.id = `m-${message.id}`;
  Object.assign(item.dataset, { id: message.id, seq: number, author: message.author.id });
  item.classList.toggle("own", own);
  item.querySelector(".msg-author").textContent = message.author.name;
  if (message.author.role) {
    const label = document.createElement("span");
    label.className = "badge msg-role";
    label.textContent = words.youth_worker;
    item.querySelector(".msg-author").after(" ", label);
  }
  const time = item.querySelector("time");
  time.dateTime = message.created_at;
  item.querySelectorAll(own ? "[data-other]" : "[data-own]").forEach((one) => one.remove());
  address(item, "edit", log.dataset.editUrl, message.id);
  address(item, "delete", log.dataset.deleteUrl, message.id);
  address(item, "report", log.dataset.reportUrl, message.id);
  item.querySelector('[data-act="block"]')?.setAttribute(
    "formaction", log.dataset.blockUrl.replace(NO_ID, message.author.id));
  fill(item, message);
  if (!own) names.set(message.author.name, message.author.id);
  stopped(message.author.name);
  lines.append(item);
  place(item);
  if (follow || own) log.scrollTop = log.scrollHeight;
  else newer.hidden = false;
}

// How a line stands after the one before it: under a new day, or close to its author's last.
function place(item) {
  const time = item.querySelector("time");
  const at = new Date(time.dateTime);
  time.textContent = clock.format(at);
  time.title = moment.format(at);
  let before = item.previousElementSibling;
  if (before?.matches(".unread-line")) before = before.previousElementSibling;
  const last = before?.matches(".msg") ? before : null;
  const lastAt = last ? new Date(last.querySelector("time").dateTime) : null;
  if (!before?.matches(".day") && lastAt?.toDateString() !== at.toDateString()) {
    const day = document.createElement("li");
    day.className = "day";
    day.textContent = calendar.format(at);
    item.before(day);
  }
  item.classList.toggle(
    "follows", item.previousElementSibling === last && last?.dataset.author === item.dataset.author
      && at - lastAt < TOGETHER && !item.querySelector(".quote:not([hidden])"));
}

function address(item, act, url, id) {
  const link = item.querySelector(`[data-act="${act}"]`);
  if (link) link.href = url.replace(NO_ID, id);
}

function quoted(author, body) {
  return `${author}${words.colon} ${body}`;
}

function fill(item, message) {
  item.querySelector(".msg-body").textContent = message.body;
  const edited = item.querySelector(".msg-edited");
  if (edited) edited.hidden = !message.edited;
  const quote = item.querySelector(".quote");
  if (quote && message.reply_to) {
    quote.hidden = false;
    const link = quote.querySelector("a");
    link.href = `#m-${message.reply_to.id}`;
    link.textContent = message.reply_to.body
      ? quoted(message.reply_to.author, message.reply_to.body) : words.quote_gone;
  }
}

function change(message) {
  const item = find(message.id);
  if (!item) return; // on an older page
  if (!item.querySelector(".msg-edited")) {
    const mark = template.content.querySelector(".msg-edited").cloneNode(true);
    item.querySelector(".msg-head").append(" ", mark);
  }
  fill(item, message);
  requote(message.id, quoted(message.author.name, message.body.slice(0, 140)));
}

function remove(id) {
  const item = find(id);
  const [before, next] = [item?.previousElementSibling, item?.nextElementSibling];
  item?.remove();
  if (next?.matches(".msg")) place(next);
  else if (before?.matches(".day")) before.remove();
  requote(id, words.quote_gone);
}

// What is gone or changed must not live on in a quotation.
function requote(id, text) {
  for (const link of log.querySelectorAll(`.quote a[href="#m-${CSS.escape(id)}"]`)) link.textContent = text;
}

// A line that only its author sees.
function own(words) {
  const item = document.createElement("li");
  item.className = "msg own";
  const text = document.createElement("p");
  text.className = "msg-body";
  text.textContent = words;
  const told = document.createElement("p");
  told.className = "msg-state small";
  item.append(text, told);
  waiting.append(item);
  return item;
}

function echo(post) {
  const item = own(post.body);
  item.dataset.client = post.client_id;
  state(item, socket && joined ? words.sending : words.queued);
  item.scrollIntoView({ block: "nearest" });
}

function state(item, text) {
  const told = item.querySelector(".msg-state");
  told.hidden = false;
  told.classList.remove("failed");
  told.textContent = text;
}

// What became of something that its author wrote; "refused" will not change by itself, so it can be put away.
function settled(item, how) {
  state(item, how === "visible" ? "" : words[how]);
  if (how === "refused") offer(item);
}

function failed(item, text, post) {
  state(item, text);
  item.querySelector(".msg-state").classList.add("failed");
  if (post) choice(item, words.again, () => submit({ ...post, client_id: newId() }));
  offer(item);
}

// Write it anew, or no longer see it: otherwise what was refused piles up between the room and the pen.
function offer(item) {
  choice(item, words.rewrite, () => {
    body.value = [body.value.trim(), item.querySelector(".msg-body").textContent].filter(Boolean).join("\n");
    body.focus();
  });
  choice(item, words.put_away, () => body.focus());
}

function choice(item, name, then) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = name;
  button.addEventListener("click", () => {
    if (item.dataset.id) save(PUT_AWAY, [...load(PUT_AWAY), item.dataset.id]);
    item.remove();
    then();
  });
  item.querySelector(".msg-state").append(" ", button);
}

// -- writing ---------------------------------------------------------------------------------------------------------

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function mentioned(text) {
  return [...names].filter(([one]) => one !== ownName && text.includes(`@${one}`)).map(([, id]) => id).slice(0, 8);
}

function submit(post) {
  outbox.push(post);
  save();
  echo(post);
  if (joined) send(post);
}

function answer(id, text) {
  editing = null;
  composer.elements.reply_to.value = id;
  answering.hidden = !id;
  answering.querySelector("span").textContent = text;
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = body.value.trim();
  if (!text) return;
  const [length, most] = [[...text].length, Number(body.dataset.longest)];
  if (length > most) { // a textarea that cuts what is pasted would lose it without a word
    show(words.too_long.replace("{n}", String(length)).replace("{most}", String(most)));
    return;
  }
  show("");
  if (editing) {
    edits.set(editing, text);
    if (!send({ type: "edit", room, message: editing, body: text })) {
      show(words.offline);
      return;
    }
  } else {
    const reply = composer.elements.reply_to.value || null;
    submit({ type: "post", room, client_id: newId(), body: text, reply_to: reply, mentions: mentioned(text) });
  }
  body.value = "";
  answer("", "");
  body.focus();
});

body.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  } else if (event.key === "Escape" && !answering.hidden) {
    if (editing) body.value = "";
    answer("", "");
  }
});

body.addEventListener("input", () => {
  const now = Date.now();
  if (joined && !editing && now - typedAt > 3000 && body.value.trim()) {
    typedAt = now;
    send({ type: "typing", room });
  }
});

document.getElementById("answering-stop").addEventListener("click", (event) => {
  event.preventDefault();
  if (editing) body.value = "";
  answer("", "");
  body.focus();
});

log.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-act]");
  const item = link?.closest(".msg");
  if (!item || !joined) return; // without a connection the page behind the link does it
  const { act } = link.dataset;
  const text = item.querySelector(".msg-body").textContent;
  if (act === "reply") {
    answer(item.dataset.id, quoted(item.querySelector(".msg-author").textContent, text.slice(0, 140)));
  } else if (act === "edit") {
    rewrite(item.dataset.id, text);
  } else if (act === "delete") {
    event.preventDefault();
    if (confirm(words.confirm_delete)) send({ type: "delete", room, message: item.dataset.id });
    return;
  } else {
    return;
  }
  event.preventDefault();
  body.focus();
});

function rewrite(id, text) {
  answer("", words.editing);
  answering.hidden = false;
  editing = id;
  body.value = text;
}

newer.addEventListener("click", () => {
  log.scrollTop = log.scrollHeight;
  body.focus();
});

log.addEventListener("scroll", () => {
  if (atEnd()) newer.hidden = true;
});

function stopped(who) {
  clearTimeout(writers.get(who));
  if (writers.delete(who)) writing();
}

function writing() {
  typingLine.textContent = writers.size ? words.writing.replace("{names}", [...writers.keys()].join(", ")) : "";
}

// -- reading ---------------------------------------------------------------------------------------------------------

let seenSoon = 0;

function seen() {
  if (document.hidden || seq <= read || seenSoon) return;
  seenSoon = setTimeout(() => {
    seenSoon = 0;
    if (!document.hidden && seq > read && send({ type: "read", room, seq })) read = seq;
  }, 1000);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    seen();
    connect();
  }
});

window.addEventListener("online", () => {
  attempts = 0;
  connect();
});

if (log.dataset.live === "yes") {
  for (const item of log.querySelectorAll(".msg")) {
    place(item);
    names.set(item.querySelector(".msg-author").textContent, item.dataset.author);
  }
  log.classList.add("live");
  document.getElementById("latest").hidden = true; // what is seen here is read, and nothing need be reloaded
  document.getElementById("hint").hidden = false;
  const first = document.getElementById("unread");
  if (first) log.scrollTop = first.offsetTop - log.offsetTop - 16;
  else log.scrollTop = log.scrollHeight;
  const away = new Set(load(PUT_AWAY));
  for (const item of waiting.querySelectorAll('[data-state="refused"]')) {
    if (away.has(item.dataset.id)) item.remove();
    else offer(item);
  }
  for (const post of outbox) if (!pending(post.client_id)) echo(post);
  connect();
  seen();
}
