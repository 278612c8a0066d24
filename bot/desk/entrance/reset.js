const kept = location.hash.slice(1) || sessionStorage.deskReset || "";
if (kept) sessionStorage.deskReset = kept;
history.replaceState(null, "", location.pathname);
document.querySelector("[name=link]").value = kept;
