// Counts a visit, of a reader who agreed to it: the server sends this script to nobody else.
// No advertising, no address with what stands behind its question mark, and an end at once when the
// agreement is taken back, here or in another tab.

(() => {
  const { id, host, own, despiteSignal } = document.currentScript.dataset;
  if (navigator.globalPrivacyControl && despiteSignal !== "yes") return;

  const stop = () => { window[`ga-disable-${id}`] = true; };
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("dicomtube.consent") : null;
  tabs?.addEventListener("message", stop);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-consent]") || event.submitter?.value === "yes") return;
    stop();
    tabs?.postMessage("no");
  });
  // A page that was put aside while the choice changed does not know of it.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

  const bare = (address) => {
    try {
      const { origin, pathname } = new URL(address);
      return origin === window.location.origin ? origin : origin + pathname;
    } catch {
      return "";
    }
  };
  window.dataLayer = window.dataLayer || [];
  function gtag() { window.dataLayer.push(arguments); }
  gtag("consent", "default", {
    ad_storage: "denied", ad_user_data: "denied", ad_personalization: "denied",
    analytics_storage: "granted",
  });
  gtag("js", new Date());
  gtag("config", id, {
    allow_google_signals: false,
    allow_ad_personalization_signals: false,
    restricted_data_processing: true,
    ads_data_redaction: true,
    url_passthrough: false,
    cookie_domain: "none",
    cookie_expires: 180 * 24 * 3600,
    cookie_update: false,
    cookie_flags: window.location.protocol === "https:" ? "SameSite=Lax;Secure" : "SameSite=Lax",
    page_location: window.location.origin + window.location.pathname,
    // The words that somebody looked for stand in the title of what was found.
    page_title: window.location.search ? window.location.pathname : document.title,
    page_referrer: bare(document.referrer),
    ...(own ? { server_container_url: host } : {}),
  });
  const script = document.createElement("script");
  script.async = true;
  script.src = `${host}/gtag/js?id=${encodeURIComponent(id)}`;
  document.head.append(script);
})();
