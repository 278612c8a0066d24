/* The page behind a link: asks whether to go on with its conversation; without a code it is simply the chat. */
(() => {
  "use strict";
  const code = /\/c\/([0-9A-Za-z]+)$/.exec(location.pathname)?.[1];
  const chat = window.KuaidaChat;
  // The code has done its work, or will not: it need not stand in the address, the history or a screenshot.
  chat.on("continued", () => history.replaceState(null, "", "./"));
  if (code) chat.continueWith(code);
  else chat.open();
})();
