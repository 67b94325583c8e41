// Enhances the desks; every page works without it.
"use strict";

// Where the pages of a desk slide in one line, the page that is open is in sight.
const pages = document.querySelector("header > nav ul");
const current = pages?.querySelector("[aria-current]");
if (current) pages.scrollLeft = current.offsetLeft - (pages.clientWidth - current.offsetWidth) / 2;

// A page that shows how far something has come asks for itself again until it is done.
const watched = document.querySelector("[data-watch]");
if (watched) {
  const again = async () => {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("[data-watch]");
      if (!next) {
        location.reload();
        return;
      }
      watched.replaceChildren(...next.childNodes);
    } catch {
      return; // The link that loads the page again is still there.
    }
    setTimeout(again, 2500);
  };
  setTimeout(again, 1500);
}
