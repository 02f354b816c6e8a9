/* What the pages do beyond links, forms and htmx: keys, marks, the finder's list, notices. */
(function () {
  "use strict";
  var doc = document;
  function one(selector, within) { return (within || doc).querySelector(selector); }
  function all(selector, within) { return Array.prototype.slice.call((within || doc).querySelectorAll(selector)); }
  function word(name) { return doc.body.getAttribute("data-say-" + name) || ""; }
  function isVisible(element) { return !!element && element.offsetParent !== null && !element.disabled; }

  /* every request of ours carries the token of the session */
  doc.addEventListener("htmx:configRequest", function (event) {
    event.detail.headers["X-CSRF-Token"] = doc.body.getAttribute("data-csrf") || "";
  });

  /* notices at the foot of the page */
  function tell(text, isBad) {
    var place = one("#toasts");
    if (!place || !text) { return; }
    all(".toast.said", place).forEach(function (old) { old.remove(); });
    var toast = doc.createElement("div");
    toast.className = "toast said" + (isBad ? " bad" : "");
    toast.setAttribute("role", isBad ? "alert" : "status");
    toast.textContent = text;
    place.appendChild(toast);
    fade(toast, isBad ? 12000 : 4000);
  }
  function fade(toast, after) { setTimeout(function () { toast.remove(); }, after); }
  function settleToasts() {
    var toasts = all("#toasts .toast:not(.said)");
    toasts.slice(0, -1).forEach(function (old) { old.remove(); });
    toasts.slice(-1).forEach(function (toast) {
      if (!toast.getAttribute("data-timed")) { toast.setAttribute("data-timed", "1"); fade(toast, 15000); }
    });
  }
  doc.addEventListener("htmx:afterSettle", function () { settleToasts(); settle(); });

  function draftFailed(event) {
    var from = event.detail.elt;
    if (from && from.id === "draft-saver") {
      var state = one("#draft-state");
      if (state) { state.textContent = word("unsaved"); state.classList.add("bad"); }
    }
  }
  doc.addEventListener("htmx:sendError", function (event) { draftFailed(event); tell(word("offline"), true); });
  doc.addEventListener("htmx:timeout", function (event) { draftFailed(event); tell(word("offline"), true); });
  doc.addEventListener("htmx:responseError", function (event) {
    var request = event.detail.xhr;
    draftFailed(event);
    if (request.status === 403 && request.getResponseHeader("X-Stale")) { renew(); return; }
    var type = request.getResponseHeader("Content-Type") || "";
    tell(type.indexOf("text/plain") === 0 ? request.responseText : word("failed"), true);
  });
  /* somebody signed in again in another window: take the new token, the form stays as it is */
  function renew() {
    fetch("/session", { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.json() : {};
    }).then(function (found) {
      if (found.csrf) { doc.body.setAttribute("data-csrf", found.csrf); tell(word("again"), true); }
      else { tell(word("expired"), true); }
    }, function () { tell(word("offline"), true); });
  }

  /* one press, one request: what is under way is not sent again */
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("hx-post")) { return; }
    if (form.getAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "1");
    setTimeout(function () { form.removeAttribute("data-sent"); }, 4000);
    all("[data-busy]", form).forEach(function (button) { button.textContent = button.getAttribute("data-busy"); });
  });
  window.addEventListener("pageshow", function () {
    all("form[data-sent]").forEach(function (form) { form.removeAttribute("data-sent"); });
  });

  /* what is chosen is shown as chosen, in browsers without :has too */
  function showChosen(form) {
    all(".choice, .segments label", form).forEach(function (label) {
      var input = one("input", label);
      label.classList.toggle("on", !!input && input.checked);
    });
    var isChanged = all("input[type=radio]", form).some(function (input) {
      return input.checked && !input.hasAttribute("data-suggested");
    }) || all("select.other", form).some(function (select) { return select.value !== ""; });
    var button = one("#accept", form);
    if (button) { one("span", button).textContent = button.getAttribute(isChanged ? "data-correct" : "data-accept"); }
  }
  doc.addEventListener("change", function (event) {
    var form = event.target.form, target = event.target;
    if (target.matches("select.other") && target.value) {
      all("input[name=" + target.getAttribute("data-for") + "]", form).forEach(function (radio) { radio.checked = false; });
    }
    if (target.type === "radio" && form) {
      all("select.other[data-for=" + target.name + "]", form).forEach(function (select) { select.value = ""; });
    }
    if (form && form.id === "review") { showChosen(form); }
    if (target.matches(".filters select, .filters input")) { target.form.submit(); }
    if (target.matches(".pick, #pick-all")) { pickChanged(target); }
  });

  /* marks: one field alone, or all */
  function showOnly(field) {
    var letter = one("#letter");
    if (!letter) { return; }
    var now = letter.getAttribute("data-only") === field ? "" : field;
    if (now) { letter.setAttribute("data-only", now); } else { letter.removeAttribute("data-only"); }
    all(".legend button").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-field") === now));
    });
  }

  /* the finder's list */
  function found() { return all("#found li[data-name]"); }
  function moveFound(step) {
    var list = found();
    if (!list.length) { return; }
    var at = list.findIndex(function (entry) { return entry.classList.contains("at"); });
    list.forEach(function (entry) { entry.classList.remove("at"); entry.setAttribute("aria-selected", "false"); });
    var next = list[(at + step + list.length) % list.length];
    next.classList.add("at");
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
  }
  function takeFound(entry) {
    var name = entry.getAttribute("data-name"), form = one("#review");
    var radio = all("input[name=department]", form).filter(function (input) { return input.value === name; })[0];
    if (!radio) {
      var own = one("#own-department");
      radio = one("input", own);
      radio.value = name;
      one(".named", own).textContent = name;
      own.hidden = false;
    }
    radio.checked = true;
    closeFound();
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    radio.focus();
  }
  function closeFound() {
    var box = one("#found"), input = one("#typed");
    if (box) { box.innerHTML = ""; }
    if (input) { input.value = ""; }
  }
  function finderKey(event) {
    if (event.key === "ArrowDown") { moveFound(1); }
    else if (event.key === "ArrowUp") { moveFound(-1); }
    else if (event.key === "Enter") {
      var entry = one("#found li.at") || found()[0];
      if (entry) { takeFound(entry); }
    } else if (event.key === "Escape") { closeFound(); event.target.blur(); }
    else { return; }
    event.preventDefault();
  }

  /* the queue's rows */
  function rows() { return all(".letters tbody tr[data-href]"); }
  function at() { return one(".letters tr.at"); }
  function goTo(row) {
    rows().forEach(function (other) { other.classList.remove("at"); other.removeAttribute("aria-current"); });
    if (!row) { return; }
    row.classList.add("at");
    row.setAttribute("aria-current", "true");
    row.scrollIntoView({ block: "nearest" });
  }
  function move(step) {
    var list = rows();
    if (!list.length) { return; }
    var place = list.indexOf(at());
    goTo(list[Math.max(0, Math.min(list.length - 1, place + step))]);
  }
  function pickChanged(box) {
    if (box.id === "pick-all") {
      all(".pick").forEach(function (other) { if (!other.disabled) { other.checked = box.checked; } });
    }
    var picked = all(".pick:checked").length, button = one("#bulk");
    if (button) {
      button.disabled = picked === 0;
      one("b", button).textContent = String(picked);
    }
  }
  var onRow = {
    j: function () { move(1); }, ArrowDown: function () { move(1); },
    k: function () { move(-1); }, ArrowUp: function () { move(-1); },
    Enter: function (row) { location.href = row.getAttribute("data-href"); },
    o: function (row) { location.href = row.getAttribute("data-href"); },
    a: function (row) {
      var button = one("button.accept-row", row);
      if (button) { button.click(); } else { tell(word("look"), false); }
    },
    x: function (row) { var box = one(".pick", row); if (box && !box.disabled) { box.click(); } }
  };

  /* keys: what a key does stands on the element itself, as data-key or data-focus-key */
  function keyed(key) {
    var name = key.replace(/["\\]/g, "");
    var element = all('[data-key~="' + name + '"]').filter(isVisible)[0];
    if (element) { element.click(); return true; }
    element = all('[data-focus-key="' + name + '"]').filter(isVisible)[0];
    if (element) { element.focus(); element.scrollIntoView({ block: "nearest" }); return true; }
    return false;
  }
  function isTyping(target) {
    return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
  }
  function toggleHelp() {
    var help = one("#help");
    if (!help) { return; }
    help.hidden = !help.hidden;
    if (!help.hidden) { one("button", help).focus(); }
  }
  doc.addEventListener("keydown", function (event) {
    var target = event.target, help = one("#help");
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) { return; }
    if (help && !help.hidden) {
      if (event.key === "Escape" || event.key === "?") { toggleHelp(); event.preventDefault(); }
      return;
    }
    if (target.id === "typed") { finderKey(event); return; }
    if (isTyping(target)) { if (event.key === "Escape") { target.blur(); } return; }
    if (event.key === "?") { toggleHelp(); event.preventDefault(); return; }
    if (event.repeat && event.key !== "j" && event.key !== "k" && event.key.indexOf("Arrow") !== 0) { return; }
    if (target.matches("a, button") && (event.key === "Enter" || event.key === " ")) { return; }
    if (target.matches("input[type=radio]") && event.key.indexOf("Arrow") === 0) { return; }
    if (rows().length && onRow[event.key]) {
      if (!at() && event.key !== "j" && event.key !== "ArrowDown") { goTo(rows()[0]); }
      if (at() || event.key === "j" || event.key === "ArrowDown") { onRow[event.key](at()); }
      event.preventDefault();
      return;
    }
    if (keyed(event.key)) { event.preventDefault(); }
  });

  doc.addEventListener("click", function (event) {
    var target = event.target, found = target.closest("#found li[data-name]");
    if (found) { takeFound(found); return; }
    if (!target.closest(".finder")) { closeFound(); }
    var legend = target.closest(".legend button");
    if (legend) { showOnly(legend.getAttribute("data-field")); return; }
    if (target.closest("[data-help]") || target.id === "help") { toggleHelp(); return; }
    if (target.closest("[data-print]")) { window.print(); return; }
    var row = target.closest(".letters tr[data-href]");
    if (row && !target.closest("a, button, input, label")) { location.href = row.getAttribute("data-href"); }
  });

  /* a second press, by key or mouse, must not accept the letter that has only just come */
  var shownAt = Date.now(), shownLetter = "";
  function noteLetter() {
    var page = one("#main"), letter = (page && page.getAttribute("data-letter")) || "";
    if (letter !== shownLetter) { shownLetter = letter; shownAt = Date.now(); }
  }
  doc.addEventListener("htmx:afterSwap", noteLetter);
  /* caught before htmx, and before the browser would send a form htmx does not know yet */
  doc.addEventListener("submit", function (event) {
    if (event.target.id !== "review") { return; }
    noteLetter();
    if (Date.now() - shownAt < 500) { event.preventDefault(); event.stopPropagation(); }
  }, true);

  function settle() {
    var form = one("#review");
    noteLetter();
    if (form) { showChosen(form); }
    if (rows().length && !at()) { goTo(rows()[0]); }
  }
  settle();
  settleToasts();
}());
