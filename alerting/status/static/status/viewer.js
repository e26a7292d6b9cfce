// Times in the viewer's own zone with UTC on hover, and a word to screen readers when the page has changed.
// The page works without this file, in UTC.
(function () {
  "use strict";
  var day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  var short = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  var clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";

  // The date is said where it is not today's.
  function format(name, moment) {
    if (name === "clock") { return clock; }
    return name === "short" || moment.toDateString() === new Date().toDateString() ? short : day;
  }

  function localTimes(root) {
    root.querySelectorAll("time[datetime]:not([data-local])").forEach(function (element) {
      var moment = new Date(element.dateTime);
      if (isNaN(moment)) { return; }
      element.title = element.dateTime.replace("T", " ").replace(/(\.\d+)?(\+00:00|Z)$/, "") + " UTC";
      element.textContent = format(element.dataset.format, moment).format(moment);
      element.dataset.local = "yes";
    });
    root.querySelectorAll("[data-zone]").forEach(function (element) { element.textContent = zone; });
  }

  function announce() {
    var content = document.getElementById("content");
    var live = document.getElementById("live");
    var words = content && content.dataset.summary;
    if (live && words && live.textContent !== words) { live.textContent = words; }
  }

  document.addEventListener("DOMContentLoaded", function () {
    localTimes(document);
    announce();
    document.body.addEventListener("htmx:afterSettle", function () {
      localTimes(document);
      announce();
      document.body.classList.remove("stale");
    });
    ["htmx:sendError", "htmx:responseError"].forEach(function (name) {
      document.body.addEventListener(name, function () { document.body.classList.add("stale"); });
    });
  });
})();
