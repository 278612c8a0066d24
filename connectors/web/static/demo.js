/* The demo page: sample waybills and questions, each a click that asks the chat. */
(() => {
  "use strict";
  const SHOWN_AT_FIRST = 6;
  const list = document.getElementById("waybills");
  const more = document.getElementById("more");
  const ask = (text) => window.KuaidaChat.send(text);

  function element(tag, className, text, onclick) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    if (onclick) Object.assign(node, { type: "button", onclick });
    return node;
  }

  function row({ waybill_no: number, phone_tail: tail, story }, index) {
    const item = document.createElement("li");
    item.hidden = index >= SHOWN_AT_FIRST;
    const query = element("button", "waybill", "", () => ask(`帮我查一下 ${number} 到哪了`));
    query.append(element("span", "number", number), element("span", "story", story));
    const answer = element("button", "tail", `尾号 ${tail}`, () => ask(tail));
    answer.setAttribute("aria-label", `回答手机尾号 ${tail}`);
    item.append(query, answer);
    return item;
  }

  async function showWaybills() {
    try {
      const response = await fetch("/demo/showcase.json");
      if (!response.ok) throw new Error(`showcase refused: ${response.status}`);
      const rows = (await response.json()).map(row);
      list.replaceChildren(...rows);
      more.hidden = rows.length <= SHOWN_AT_FIRST;
    } catch {
      list.replaceChildren(element("li", "note", "示例单号暂时取不到，稍后刷新页面再试。"));
    }
  }

  more.onclick = () => {
    for (const item of list.children) item.hidden = false;
    more.hidden = true;
  };
  for (const button of document.querySelectorAll(".questions button")) button.onclick = () => ask(button.textContent);
  document.querySelector(".track").onsubmit = (event) => {
    event.preventDefault();
    const number = event.target.number.value.trim();
    if (number) ask(`帮我查一下 ${number} 到哪了`);
  };
  showWaybills();
})();
