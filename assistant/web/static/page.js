// What Gradio's components leave open: the document's language and title, live regions, names of the chat's
// parts for screen readers, and copying the resume link. It reads the page and stores nothing.
"use strict";

(() => {
  const languageOf = (masthead) => {
    const title = masthead.querySelector("h1[lang]");
    if (!title) return;
    document.documentElement.lang = title.lang;
    document.title = title.textContent;
  };

  const announceFrom = (id) => {
    const region = document.getElementById(id);
    if (!region || region.getAttribute("aria-live")) return;
    region.setAttribute("role", "status");
    region.setAttribute("aria-live", "polite");
  };

  // Gradio names every bubble by its raw text, in English; the text itself is there to be read.
  const nameChat = () => {
    const chat = document.getElementById("chat");
    if (!chat) return;
    for (const bubble of chat.querySelectorAll("[data-testid='user'][aria-label], [data-testid='bot'][aria-label]")) {
      bubble.removeAttribute("aria-label");
    }
    const log = chat.querySelector("[role='log']");
    const heading = document.querySelector("#chat-heading h2");
    if (log && heading && log.getAttribute("aria-label") !== heading.textContent) {
      log.setAttribute("aria-label", heading.textContent);
    }
    // A region that scrolls can be reached and scrolled with the keyboard.
    if (chat.tabIndex < 0) chat.tabIndex = 0;
  };

  const nameControls = () => {
    const language = document.querySelector("#language");
    const label = language?.querySelector("[data-testid='block-info']")?.textContent.trim();
    if (label && language.getAttribute("aria-label") !== label) language.setAttribute("aria-label", label);
    const toggle = document.querySelector("#edit > button");
    const content = document.querySelector("#edit [data-testid='accordion-content']");
    if (!toggle || !content) return;
    const open = String(getComputedStyle(content).display !== "none");
    if (toggle.getAttribute("aria-expanded") !== open) toggle.setAttribute("aria-expanded", open);
  };

  const copy = async (button) => {
    const address = button.parentElement.querySelector("code");
    const done = button.parentElement.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(address.textContent);
      done.hidden = false;
    } catch {
      // No clipboard on this connection: select the address, so that it can be copied by hand.
      const range = document.createRange();
      range.selectNodeContents(address);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  };

  // A new message brings the chat into sight: on a phone its window, beside the canvas all of it with the box below.
  const narrow = matchMedia("(max-width: 959px)");
  const show = (chat) => {
    const box = document.getElementById("actions");
    const below = box && box.getBoundingClientRect().bottom > innerHeight;
    if (narrow.matches) chat.scrollIntoView({ block: "start" });
    else if (below) document.getElementById("desk").scrollIntoView({ block: "start" });
  };

  let shown = 0;
  const follow = () => {
    const chat = document.getElementById("chat");
    const rows = chat ? chat.querySelectorAll(".message-row").length : 0;
    if (rows !== shown) {
      const before = shown;
      shown = rows;
      // The newest message on top, its answer below: a long answer is read from its beginning.
      const said = [...chat.querySelectorAll(".user-row")].pop();
      if (said) chat.scrollTop += said.getBoundingClientRect().top - chat.getBoundingClientRect().top;
      if (before > 0 && rows > before) show(chat);
    }
  };

  // Gradio opens every link in a new tab; pages and files of this site stay in this one.
  const stayHere = () => {
    for (const link of document.querySelectorAll(".gradio-container a[target][href^='/']")) link.removeAttribute("target");
  };

  const tend = () => {
    const masthead = document.getElementById("masthead");
    if (masthead) languageOf(masthead);
    announceFrom("status");
    nameChat();
    nameControls();
    follow();
    stayHere();
  };

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      tend();
    });
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["style", "class"] });

  // A plain form would send the origin "null" on connections where browsers do not say where a request is from.
  const begin = async (form) => {
    await fetch(form.action, { method: "POST" });
    location.assign("/");
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.closest(".begin")) return;
    event.preventDefault();
    begin(event.target);
  });

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button.copy") : null;
    if (button) copy(button);
  });
})();
