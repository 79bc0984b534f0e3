// On the first visit: the browser's own time zone, kept in a cookie, before anything is shown in another one.
"use strict";
{
  const { shown } = document.currentScript.dataset;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const kept = `artel_timezone=${zone}`;
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (zone) document.cookie = `${kept}; path=/; max-age=31536000; samesite=lax${secure}`;
  // A browser that keeps no cookies stays with the zone that the page names.
  if (zone && zone !== shown && document.cookie.includes(kept)) {
    document.documentElement.hidden = true;
    location.reload();
  }
}
