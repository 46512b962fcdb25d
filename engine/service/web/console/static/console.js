"use strict";
/* Everything works without this script, too: it shows times as the reader's clock has them, keeps a running run's page
   up to date, puts files, shows the columns of a step where the pointer or the focus is, and copies addresses. */

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const days = new Intl.DateTimeFormat(undefined, { weekday: "short", year: "numeric", month: "short",
  day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const near = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

function ago(then) {
  const seconds = Math.round((then - Date.now()) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return near.format(seconds, "second");
  if (size < 3600) return near.format(Math.trunc(seconds / 60), "minute");
  if (size < 86400) return near.format(Math.trunc(seconds / 3600), "hour");
  if (size < 7 * 86400) return near.format(Math.trunc(seconds / 86400), "day");
  return null;
}

function showTimes(root) {
  for (const each of root.querySelectorAll("time[datetime]")) {
    const then = new Date(each.dateTime);
    if (Number.isNaN(then.getTime())) continue;
    each.dataset.utc ??= each.textContent.trim();
    const own = moments.format(then);
    each.title = `${own} (${each.dataset.utc})`;
    const away = ago(then);
    if (each.dataset.as === "clock") each.textContent = clock.format(then);
    else if (each.dataset.as === "day") each.textContent = days.format(then) + (away ? ` (${away})` : "");
    else each.textContent = away ?? own;
  }
}

/* A part that is live is asked for again until it says that it is over; what has changed in it is put in its place. */
function keepLive(part) {
  let failures = 0;
  async function look() {
    if (document.hidden) { setTimeout(look, 1000); return; }
    try {
      const answer = await fetch(part.dataset.live, { headers: { "X-Shown": part.dataset.state ?? "" } });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.status === 200) take(part, await answer.text());
      failures = 0;
    } catch { failures += 1; }
    part.toggleAttribute("data-lost", failures > 2);
    if (part.dataset.over !== "yes") setTimeout(look, Math.min(1000 * 2 ** failures, 15000));
  }
  if (part.dataset.over !== "yes") setTimeout(look, 700);
}

function take(part, text) {
  const found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
  if (!found) return;
  part.dataset.state = found.dataset.state ?? "";
  part.dataset.over = found.dataset.over ?? "";
  if (part.dataset.says !== found.dataset.says) {
    part.dataset.says = found.dataset.says;
    document.getElementById("say").textContent = found.dataset.says;
    document.title = document.title.replace(/: [a-z]+ ·/, `: ${found.dataset.status} ·`);
  }
  const focus = document.activeElement?.id;
  for (const fresh of found.querySelectorAll("[data-part]")) {
    const old = part.querySelector(`[data-part="${CSS.escape(fresh.dataset.part)}"]`);
    if (!old || old.dataset.sum === fresh.dataset.sum) continue;
    if (old.querySelector("details[open] :focus, .confirm[open]")) continue;
    const scrolled = [...old.querySelectorAll(".log, .scroll")].map((each) => [each.scrollTop, each.scrollLeft,
      each.scrollHeight - each.scrollTop - each.clientHeight < 30]);
    old.replaceWith(fresh);
    showTimes(fresh);
    [...fresh.querySelectorAll(".log, .scroll")].forEach((each, index) => {
      const [top, left, atEnd] = scrolled[index] ?? [0, 0, true];
      each.scrollTop = atEnd && each.classList.contains("log") ? each.scrollHeight : top;
      each.scrollLeft = left;
    });
  }
  if (focus && document.activeElement?.id !== focus) document.getElementById(focus)?.focus();
}

/* The columns of the step that the pointer or the focus is at: read from the list of steps below the picture. */
function showColumns(picture) {
  const svg = picture.querySelector("svg");
  const frame = picture.querySelector(".scroll");
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");
  tip.id = "picture-tip";
  picture.append(tip);
  if (svg.width.baseVal.value > 980) picture.closest(".columns")?.classList.add("is-wide");
  svg.style.minWidth = `${Number(picture.dataset.least)}px`;
  svg.classList.add("fits");
  frame.scrollLeft = Number(picture.dataset.start) * frame.scrollWidth - 12;
  let shown = null;
  let leaving = 0;
  function hide() {
    tip.hidden = true;
    shown?.classList.remove("is-shown");
    shown?.removeAttribute("aria-describedby");
    shown = null;
  }
  function show(link) {
    clearTimeout(leaving);
    if (link === shown) return;
    hide();
    const step = document.getElementById(link.getAttribute("href").slice(1));
    if (!step) return;
    tip.replaceChildren(...[...step.querySelectorAll("[data-tip]")].map((each) => each.cloneNode(true)));
    shown = link;
    link.classList.add("is-shown");
    link.setAttribute("aria-describedby", tip.id);
    tip.hidden = false;
    const box = link.querySelector(".wf-shape").getBoundingClientRect();
    const outer = picture.getBoundingClientRect();
    const right = box.right - outer.left + 10;
    const left = box.left - outer.left - tip.offsetWidth - 10;
    const beside = right + tip.offsetWidth < outer.width || left > 0;
    tip.style.left = `${right + tip.offsetWidth < outer.width ? right : left > 0 ? left
      : Math.max(8, Math.min(box.left - outer.left, outer.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${beside ? Math.max(8, box.top - outer.top) : box.bottom - outer.top + 8}px`;
  }
  for (const link of svg.querySelectorAll("a")) {
    link.querySelector("title")?.remove();
    link.addEventListener("pointerenter", () => show(link));
    link.addEventListener("focus", () => show(link));
    link.addEventListener("blur", hide);
    link.addEventListener("pointerleave", () => { leaving = setTimeout(hide, 200); });
  }
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

/* A link to a step opens the list that it stands in. */
function openTarget() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const list = target?.closest("details");
  if (list && !list.open) { list.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", openTarget);

/* A picture that took too long to draw with its page. */
async function fetchPart(place) {
  try {
    const answer = await fetch(place.dataset.fetch);
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    const fresh = [...found.children];
    place.replaceWith(...fresh);
    for (const each of fresh) enliven(each);
  } catch { /* the link that stands there leads to it */ }
}

function copier(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(place.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  place.append(button);
}

/* Files go one after the other, each as it is; the first that is refused says why. */
function putsFiles(form) {
  const [input, button, wrong] = ["input", "button", "[role=alert]"].map((each) => form.querySelector(each));
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    wrong.textContent = "";
    try {
      for (const file of input.files) {
        button.textContent = `Putting ${file.name}…`;
        const answer = await fetch(`${form.dataset.put}/${encodeURIComponent(file.name)}`,
          { method: "PUT", body: file, headers: { "X-Form-Token": form.dataset.token } });
        if (!answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          throw new Error(`${file.name}: ${page.querySelector(".lead")?.textContent ?? answer.status}`);
        }
      }
      location.reload();
    } catch (error) { wrong.textContent = error.message; }
    button.textContent = "Put";
    button.disabled = false;
  });
}

function enliven(root) {
  showTimes(root);
  for (const each of root.querySelectorAll("[data-live]")) keepLive(each);
  for (const each of root.querySelectorAll("[data-fetch]")) fetchPart(each);
  for (const each of root.querySelectorAll(".picture[data-least]")) showColumns(each);
  for (const each of root.querySelectorAll("[data-put]")) putsFiles(each);
  if (navigator.clipboard) for (const each of root.querySelectorAll(".secret")) copier(each);
}

enliven(document);
openTarget();
setInterval(() => showTimes(document), 20000);
for (const each of document.querySelectorAll(".log")) each.scrollTop = each.scrollHeight;
document.addEventListener("click", (event) => {
  for (const each of document.querySelectorAll(".confirm[open]")) if (!each.contains(event.target)) each.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const each of document.querySelectorAll(".confirm[open]")) {
    each.open = false;
    each.querySelector("summary").focus();
  }
});
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button:not([type=button])");
  if (button && event.target.method === "post") setTimeout(() => { button.disabled = true; });
});
window.addEventListener("pageshow", () => {
  for (const each of document.querySelectorAll("form button:disabled")) each.disabled = false;
});
