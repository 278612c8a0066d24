/*
 * Chat widget: one file, no dependencies, everything inside a shadow root.
 *
 *   <script src="https://chat.example.com/static/widget.js" data-title="在线客服" data-color="#1d5fd6" async></script>
 *
 * Options, protocol and JS API: connectors/web/README.md.
 * Layers, top to bottom: words, options, storage, colours, Markdown, Connection (socket), Chat (state), View (DOM), API.
 */
(() => {
  "use strict";
  if (window.KuaidaChat) return;

  const VERSION = "1.0.0";

  const TEXT = {
    title: "在线客服",
    botName: "智能客服",
    agentName: "人工客服",
    subtitleBot: "智能客服 · 全天在线",
    subtitleQueued: "正在为您转接人工",
    subtitleHuman: (name) => `${name} 为您服务`,
    subtitleConnecting: "正在连接…",
    open: "打开在线客服",
    openUnread: (count) => `打开在线客服，${count} 条未读消息`,
    close: "收起对话窗口",
    requestHuman: "转人工",
    log: "对话记录",
    input: "输入消息",
    placeholder: "请输入您的问题",
    placeholderHuman: (name) => `给${name}留言`,
    keys: "按回车键发送，Shift 加回车换行，Esc 收起窗口",
    send: "发送",
    welcomeTitle: "您好，很高兴为您服务",
    welcomeBody: "查快件、催派送、改地址、问运费，直接说就好。把运单号发来，查得更快。",
    suggestions: ["我的快件到哪了", "寄快递多少钱", "催一下派送", "附近的网点"],
    offline: "网络已断开，正在重新连接…",
    offlineSaved: "网络已断开，正在重新连接，未发出的消息会自动补发",
    unavailable: "客服暂时连接不上，正在重试…",
    replaced: "对话已在其他页面打开",
    takeOver: "在这里继续",
    queued: (ahead) => (ahead > 0 ? `正在排队，前面还有 ${ahead} 位` : "马上就轮到您了，请稍候"),
    queuedUnknown: "正在排队，请稍候",
    leaveQueue: "取消排队",
    human: (name) => `正在与 ${name} 对话`,
    sending: "发送中",
    waiting: "等待发送",
    failed: "没有发出去",
    retry: "重新发送",
    edit: "修改",
    tooLong: "内容太长，请精简或分几次发送",
    stale: "停留太久，没有自动发送",
    typing: "对方正在输入",
    newMessages: "有新消息",
    earlier: "正在加载更早的消息…",
    earlierFailed: "更早的消息没有加载出来",
    counter: (left) => (left >= 0 ? `还可输入 ${left} 字` : `超出 ${-left} 字`),
    today: "今天",
    yesterday: "昨天",
    you: "您",
    attach: "添加图片或文件",
    takePhoto: "拍照",
    remove: (name) => `移除 ${name}`,
    chosenFiles: "待发送的图片和文件",
    drop: "松开即可添加",
    tooManyFiles: (limit) => `一次最多发送 ${limit} 个文件`,
    fileTooBig: (name, limit) => `“${name}”超过 ${limit}，请压缩后再发`,
    fileEmpty: (name) => `“${name}”是空的，请重新选择`,
    fileUnsupported: (name) => `“${name}”不是图片、PDF、音频或视频，暂不支持`,
    uploading: (percent) => `正在上传 ${percent}%`,
    uploadFailed: "没有上传成功",
    fileGone: "文件已不在浏览器里，请重新选择",
    picture: "图片",
    place: "位置",
    openFile: (name, size) => `打开文件 ${name}，${size}`,
    openPicture: (name) => `查看图片 ${name}`,
    pictureGone: "图片加载不出来",
    rateBot: "这次的回答解决您的问题了吗？",
    rateAgent: (name) => `请为 ${name} 的服务打分`,
    stars: ["很不满意", "不满意", "一般", "满意", "非常满意"],
    star: (count, words) => `${count} 星，${words}`,
    rateWhy: "原因（可多选）",
    rateComment: "还想说点什么（选填）",
    rateSend: "提交评价",
    rateSkip: "不评价",
    rateThanks: "感谢您的评价",
    rateLater: "网络恢复后再提交评价",
    devices: "换设备继续",
    devicesTitle: "换个设备接着聊",
    devicesBody: "用另一台设备扫一扫，或者打开下面的链接，就能接着这段对话。",
    devicesNote: "链接 30 分钟内有效，只能在一台设备上打开。请不要发给别人。",
    devicesFailed: "暂时生成不了链接，请稍后再试",
    devicesQr: "用另一台设备扫描的二维码",
    devicesLink: "对话链接",
    copy: "复制链接",
    copied: "已复制",
    dismiss: "关闭",
    continueTitle: "接着之前的对话？",
    continueBody: "这个链接会打开您在另一台设备上的对话，之前的记录都在。",
    continueReplaces: "这台设备上现在的对话会换成那一段。",
    continueYes: "继续对话",
    continueNo: "不用了",
    continueFailed: "暂时打不开这段对话，请稍后再试",
  };

  const ACK_TIMEOUT = 10_000;
  const PING_EVERY = 25_000;
  const WELCOME_TIMEOUT = 10_000;
  const BACKOFF_START = 800;
  const BACKOFF_MAX = 30_000;
  const STABLE_AFTER = 5_000;
  const OFFLINE_BAR_AFTER = 1_500;
  const GAP_PATIENCE = 1_500;
  const TYPING_SHOWN = 30_000;
  const TYPING_IDLE = 4_000;
  const TYPING_AGAIN = 10_000;
  const MAX_TRIES = 3;
  const OUTBOX_MAX_AGE = 24 * 3600_000;
  const GROUP_WITHIN = 3 * 60_000;
  const HISTORY_PAGE = 50;
  const PHONE = "(max-width: 560px), (max-height: 460px)";
  const ROOMY = "(min-width: 1000px) and (min-height: 461px)";
  const DEFAULT_LIMITS = { max_chars: 1000, max_bytes: 16_384, upload_bytes: 15 * 1024 * 1024 };
  const HUMAN_PAYLOAD = "/request_human";
  const FILES_AT_ONCE = 9;
  const ACCEPTED = "image/*,application/pdf,video/mp4,audio/*";
  const UPLOAD_TIMEOUT = 180_000;
  const UPLOAD_AGAIN_AFTER = 3;
  const SOCKET_OPENS_WITHIN = 6_000;
  const STREAM_REMEMBERED = 24 * 3600_000;

  const CLOSE_BAD_TOKEN = 4401;
  const CLOSE_REPLACED = 4409;
  const CLOSE_RATE = 4429;
  const CLOSE_TOO_BIG = 1009;

  // ---------------------------------------------------------------- options

  const script = document.currentScript;
  const options = readOptions(script);

  function readOptions(tag) {
    const data = tag ? tag.dataset : {};
    return {
      server: (data.server || serverOf(tag ? tag.src : location.href)).replace(/\/$/, ""),
      title: data.title || TEXT.title,
      color: parseColor(data.color) || parseColor("#1d5fd6"),
      position: data.position === "left" ? "left" : "right",
      theme: ["light", "dark"].includes(data.theme) ? data.theme : "auto",
      open: data.open || "",
      page: data.page === "true",
      identity: data.userId ? { user_id: data.userId, hash: data.userHash || "" } : null,
      suggestions: data.suggestions === undefined ? TEXT.suggestions : data.suggestions.split("|").filter(Boolean),
    };
  }

  /** Everything before the last "/static/" of the script's address, so that a path prefix in front of the service works. */
  function serverOf(address) {
    const url = new URL(address, location.href);
    const cut = url.pathname.lastIndexOf("/static/");
    return url.origin + (cut > 0 ? url.pathname.slice(0, cut) : "");
  }

  // ---------------------------------------------------------------- storage

  /** localStorage under one prefix per server; plain memory where the browser refuses it. */
  class Store {
    constructor(server) {
      this.prefix = `kuaida:${server}:`;
      this.memory = new Map();
      try {
        this.local = window.localStorage;
        this.local.getItem(this.prefix);
      } catch {
        this.local = null;
      }
    }

    get(key) {
      return (this.local ? this.local.getItem(this.prefix + key) : this.memory.get(key)) ?? null;
    }

    set(key, value) {
      this.memory.set(key, value);
      try {
        this.local?.setItem(this.prefix + key, value);
      } catch {
        this.local = null;
      }
    }

    remove(key) {
      this.memory.delete(key);
      this.local?.removeItem(this.prefix + key);
    }

    keys() {
      if (!this.local) return [...this.memory.keys()];
      return Object.keys(this.local)
        .filter((key) => key.startsWith(this.prefix))
        .map((key) => key.slice(this.prefix.length));
    }
  }

  /**
   * Messages not yet acknowledged, in the order they were written. One storage key for each, so that two tabs
   * never overwrite each other's; both may send the same one, and the server drops the second by its id.
   */
  class Outbox {
    constructor(store) {
      this.store = store;
      this.items = store
        .keys()
        .filter((key) => key.startsWith("outbox:"))
        .map((key) => parseJson(store.get(key)))
        .filter((item) => item && item.id && typeof item.text === "string")
        .sort((a, b) => a.order - b.order)
        .map((item) => this.#revived({ files: [], ...item }));
    }

    #revived(item) {
      const stale = Date.now() - item.ts > OUTBOX_MAX_AGE;
      if (stale) return { ...item, state: "failed", reason: TEXT.stale };
      return { ...item, state: item.state === "failed" ? "failed" : "queued", tries: 0, progress: 0 };
    }

    /** `files`: what hangs on the message, each `{key, name, type, size, kind}`; an `id` is added once it is uploaded. */
    add(kind, text, payload, files = []) {
      const item = { id: uuid(), kind, text, payload, files, ts: Date.now(), order: this.#nextOrder(), state: "queued", tries: 0 };
      this.items.push(item);
      this.save(item);
      return item;
    }

    find(id) {
      return this.items.find((item) => item.id === id);
    }

    next() {
      return this.items.find((item) => item.state === "queued");
    }

    inFlight() {
      return this.items.find((item) => item.state === "sending" || item.state === "uploading");
    }

    /** `refused`: the server will not take this text, so sending it again unchanged is no use. */
    fail(item, reason, refused = false) {
      Object.assign(item, { state: "failed", reason, refused });
      this.save(item);
    }

    /** Back into the queue, at its end: what was written meanwhile has gone out already. */
    retry(item) {
      Object.assign(item, { state: "queued", reason: "", tries: 0, ts: Date.now(), order: this.#nextOrder() });
      this.items.sort((a, b) => a.order - b.order);
      this.save(item);
    }

    requeueUnacknowledged() {
      for (const item of this.items) if (item.state === "sending") item.state = "queued";
    }

    remove(item) {
      this.items = this.items.filter((other) => other !== item);
      this.store.remove(`outbox:${item.id}`);
    }

    clear() {
      for (const item of [...this.items]) this.remove(item);
    }

    #nextOrder() {
      return Math.max(Date.now(), ...this.items.map((item) => item.order + 1));
    }

    save(item) {
      this.store.set(`outbox:${item.id}`, JSON.stringify(item));
    }
  }

  /**
   * Files on their way, in IndexedDB, so that they survive a reload; in memory where the browser refuses (private
   * windows, full disk), and then `get` finds nothing after one.
   */
  class Shelf {
    constructor(prefix) {
      this.prefix = prefix;
      this.memory = new Map();
      this.opening = null;
    }

    async put(key, blob) {
      this.memory.set(key, blob);
      try {
        await this.#run("readwrite", (store) => store.put(blob, this.prefix + key));
      } catch {
        // Kept in memory all the same.
      }
    }

    async get(key) {
      if (this.memory.has(key)) return this.memory.get(key);
      try {
        return (await this.#run("readonly", (store) => store.get(this.prefix + key))) || null;
      } catch {
        return null;
      }
    }

    async remove(key) {
      this.memory.delete(key);
      try {
        await this.#run("readwrite", (store) => store.delete(this.prefix + key));
      } catch {
        // Nothing was kept there, then.
      }
    }

    #open() {
      this.opening ||= new Promise((resolve, reject) => {
        const request = indexedDB.open("kuaida", 1);
        request.onupgradeneeded = () => request.result.createObjectStore("files");
        request.onsuccess = () => resolve(request.result);
        request.onerror = request.onblocked = () => reject(request.error);
      });
      return this.opening;
    }

    async #run(access, work) {
      const database = await this.#open();
      return new Promise((resolve, reject) => {
        const transaction = database.transaction("files", access);
        const request = work(transaction.objectStore("files"));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    }
  }

  // ---------------------------------------------------------------- small helpers

  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-a$4-$5");
  }

  function parseJson(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** el("button.send", {type: "button", onclick}, child, "text"): properties, aria-* and data-* as attributes. */
  function el(spec, props = {}, ...children) {
    const [tag, ...classes] = spec.split(".");
    const node = document.createElement(tag);
    node.className = classes.join(" ");
    for (const [name, value] of Object.entries(props)) {
      if (name in node) node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  const ICONS = {
    chat: ["M12 3.5c5 0 9 3.3 9 7.5s-4 7.5-9 7.5c-.9 0-1.8-.1-2.6-.3L5 20.5l.9-3.6C4.1 15.5 3 13.4 3 11c0-4.2 4-7.5 9-7.500Z", "M8.2 11h.01M12 11h.01M15.8 11h.01"],
    down: ["m6 9.5 6 6 6-6"],
    clip: ["m19.5 11.5-7.6 7.6a4.6 4.6 0 0 1-6.500-6.500l7.900-7.900a3.100 3.100 0 0 1 4.400 4.400l-7.800 7.800a1.500 1.500 0 0 1-2.200-2.200l7.100-7.100"],
    camera: ["M4.500 8h3l1.500-2.500h6L16.500 8h3A1.500 1.500 0 0 1 21 9.500v8a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 17.500v-8A1.500 1.500 0 0 1 4.500 8Z", "M12 10a3.200 3.200 0 1 1 0 6.400 3.200 3.200 0 0 1 0-6.400Z"],
    devices: ["M3.500 6.500h12a1 1 0 0 1 1 1V9M3.500 6.500a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h8.500M7 19.500h5", "M15 11.500h5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z"],
    file: ["M6.500 3.500h7l4 4v13h-11Z", "M13.500 3.500v4h4", "M9.500 12.500h5M9.500 16h5"],
    cross: ["m7 7 10 10", "M17 7 7 17"],
    place: ["M12 21s-6.500-5.600-6.500-10.500a6.500 6.500 0 0 1 13 0C18.500 15.400 12 21 12 21Z", "M12 8a2.400 2.400 0 1 1 0 4.800A2.400 2.400 0 0 1 12 8Z"],
    star: ["m12 3.800 2.500 5.200 5.700.8-4.100 4 1 5.700-5.100-2.700-5.100 2.700 1-5.700-4.100-4 5.700-.8Z"],
    check: ["m5.500 12.500 4.500 4.500 8.500-10"],
    send: ["M12 19V5.5", "m5.5 12 6.5-6.5 6.5 6.5"],
    headset: ["M4.5 14v-2a7.5 7.5 0 0 1 15 0v2", "M4.5 14a2 2 0 0 1 2-2H8v6H6.500a2 2 0 0 1-2-2Z", "M19.5 14a2 2 0 0 0-2-2H16v6h1.500a2 2 0 0 0 2-2Z", "M19 17.800c-.600 1.7-2.3 2.7-5 2.7"],
    parcel: ["M12 3 4 7v10l8 4 8-4V7Z", "m4 7 8 4 8-4", "M12 11v10", "m8 5 8 4"],
    alert: ["M12 8v5", "M12 16.500h.01", "M12 3.500a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z"],
    offline: ["M4 4l16 16", "M8.5 16a5 5 0 0 1 7 0", "M5 12.500a10 10 0 0 1 4-2.300M14 9.900a10 10 0 0 1 5 2.6", "M12 19.500h.01"],
  };

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const d of ICONS[name]) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", d);
      svg.append(path);
    }
    return svg;
  }

  function sizeOf(bytes) {
    if (bytes >= 1024 * 1024) return `${(bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "")} MB`;
    return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  }

  /** Of a file by its type; the server looks at the content itself. */
  function kindOf(type) {
    const family = (type || "").split("/")[0];
    return { image: "image", audio: "voice", video: "video" }[family] || "file";
  }

  const isAccepted = (type) => !type || type === "application/pdf" || ["image", "audio", "video"].includes(type.split("/")[0]);

  function clock(ts) {
    const at = new Date(ts);
    return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  }

  function dayKey(ts) {
    const at = new Date(ts);
    return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
  }

  function dayName(ts) {
    if (dayKey(ts) === dayKey(Date.now())) return TEXT.today;
    if (dayKey(ts) === dayKey(Date.now() - 86_400_000)) return TEXT.yesterday;
    const sameYear = new Date(ts).getFullYear() === new Date().getFullYear();
    const format = { month: "long", day: "numeric", weekday: "long", ...(sameYear ? {} : { year: "numeric" }) };
    return new Intl.DateTimeFormat("zh-CN", format).format(ts);
  }

  // ---------------------------------------------------------------- colours

  function parseColor(text) {
    const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text || "");
    const full = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text || "");
    if (short) return short.slice(1).map((digit) => parseInt(digit + digit, 16));
    return full ? full.slice(1).map((pair) => parseInt(pair, 16)) : null;
  }

  const WHITE = [255, 255, 255];
  const INK = [16, 24, 40];
  const css = (rgb) => `rgb(${rgb.map(Math.round).join(" ")})`;
  const mix = (a, b, share) => a.map((value, i) => value + (b[i] - value) * share);

  /** WCAG 2 relative luminance. */
  function luminance(rgb) {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(a, b) {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  }

  /** `color`, moved towards `towards` until it reads on `ground` (4.5:1). */
  function readable(color, ground, towards) {
    let share = 0;
    while (share < 1 && contrast(mix(color, towards, share), ground) < 4.5) share += 0.05;
    return mix(color, towards, share);
  }

  function brandVariables(color) {
    const onBrand = contrast(color, WHITE) >= 4.5 ? WHITE : INK;
    return {
      "--brand": css(color),
      "--brand-deep": css(mix(color, onBrand === WHITE ? [0, 0, 40] : WHITE, 0.16)),
      "--on-brand": css(onBrand),
      "--brand-text-light": css(readable(color, [238, 243, 252], INK)),
      "--brand-text-dark": css(readable(color, [36, 42, 54], WHITE)),
    };
  }

  // ---------------------------------------------------------------- Markdown

  /**
   * The small part of Markdown that answers use: paragraphs, line breaks, lists, headings as bold lines, bold,
   * code, links. Builds nodes, so that nothing in the text can become markup.
   */
  function renderMarkdown(text) {
    const out = document.createDocumentFragment();
    let block = null;
    for (const line of text.replace(/\r\n?/g, "\n").split("\n")) block = markdownLine(out, block, line);
    return out;
  }

  function markdownLine(out, block, line) {
    if (!line.trim()) return null;
    const bullet = /^\s*[-*•·]\s+(.+)$/.exec(line);
    if (bullet) return listItem(out, block, "UL", bullet[1]);
    const numbered = /^\s*(\d{1,2})(?:[.)]\s+|、\s*)(.+)$/.exec(line);
    if (numbered) return listItem(out, block, "OL", numbered[2], Number(numbered[1]));
    const heading = /^\s*#{1,6}\s+(.+)$/.exec(line);
    if (heading) return paragraph(out, null, heading[1], "p.heading") && null;
    if (block && block.tagName !== "P" && /^\s{2,}/.test(line)) {
      block.lastChild.append(document.createElement("br"), ...inline(line.trim()));
      return block;
    }
    return paragraph(out, block, line, "p");
  }

  function listItem(out, block, tagName, text, start = 1) {
    let list = block;
    if (!list || list.tagName !== tagName) {
      list = document.createElement(tagName);
      if (tagName === "OL") list.start = start;
      out.append(list);
    }
    list.append(el("li", {}, ...inline(text)));
    return list;
  }

  function paragraph(out, block, text, spec) {
    if (block && block.tagName === "P") {
      block.append(document.createElement("br"), ...inline(text));
      return block;
    }
    const node = el(spec, {}, ...inline(text));
    out.append(node);
    return node;
  }

  const INLINE = /\*\*([^*\n]+)\*\*|`([^`\n]+)`|\[([^\]\n]+)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()[\]（）【】"'“”，。；！？、]+)/g;

  function inline(text, depth = 0) {
    const nodes = [];
    let done = 0;
    for (const match of text.matchAll(INLINE)) {
      nodes.push(text.slice(done, match.index), inlineNode(match, depth));
      done = match.index + match[0].length;
    }
    nodes.push(text.slice(done));
    return nodes;
  }

  function inlineNode([whole, bold, code, label, target, bare], depth) {
    if (bold) return el("strong", {}, ...(depth ? [bold] : inline(bold, depth + 1)));
    if (code) return el("code", {}, code);
    return link(label || bare, target || bare) || whole;
  }

  function link(label, target) {
    let url;
    try {
      url = new URL(target);
    } catch {
      return null;
    }
    if (url.protocol !== "https:" && url.protocol !== "http:") return null;
    return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
  }

  // ---------------------------------------------------------------- StreamLine

  /**
   * The way round proxies that let no WebSocket through: frames come as server-sent events, read by fetch so that the
   * token stays out of the address, and go one by one as POST requests. Looks like a WebSocket to `Connection`.
   */
  class StreamLine {
    constructor(server, token, lastSeq) {
      Object.assign(this, { server, token, isStream: true, readyState: WebSocket.CONNECTING });
      this.aborter = new AbortController();
      this.queue = Promise.resolve();
      this.#read(lastSeq);
    }

    send(text) {
      this.queue = this.queue.then(() => this.#post(text));
    }

    close(code = 1000, reason = "") {
      if (this.readyState === WebSocket.CLOSED) return;
      this.readyState = WebSocket.CLOSED;
      this.aborter.abort();
      this.onclose?.({ code, reason });
    }

    async #read(lastSeq) {
      try {
        const response = await fetch(`${this.server}/web/events?last_seq=${lastSeq}`, {
          headers: { ...this.#headers(), Accept: "text/event-stream" },
          signal: this.aborter.signal,
          cache: "no-store",
        });
        if (!response.ok || !response.body) return void this.#refused(response);
        this.readyState = WebSocket.OPEN;
        this.onopen?.();
        await this.#events(response.body.pipeThrough(new TextDecoderStream()).getReader());
      } catch {
        // Broken off: the same as an end.
      }
      this.close(1006);
    }

    async #events(reader) {
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) this.#event(event);
      }
    }

    #event(event) {
      const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (data.length) this.onmessage?.({ data: data.join("\n") });
    }

    async #post(text) {
      if (this.readyState !== WebSocket.OPEN) return;
      try {
        const response = await fetch(`${this.server}/web/messages`, {
          method: "POST",
          headers: { ...this.#headers(), "Content-Type": "application/json" },
          body: text,
          signal: this.aborter.signal,
        });
        if (!response.ok) return void this.#refused(response);
        for (const frame of (await response.json()).frames) this.onmessage?.({ data: JSON.stringify(frame) });
      } catch {
        this.close(1006);
      }
    }

    #refused(response) {
      const codes = { 401: CLOSE_BAD_TOKEN, 429: CLOSE_RATE };
      this.close(codes[response.status] || 1006, response.headers.get("Retry-After") || "");
    }

    #headers() {
      return { Authorization: `Bearer ${this.token}` };
    }
  }

  // ---------------------------------------------------------------- Connection

  /**
   * Keeps one line open (a socket, else a stream): session token, identity, hello, pings, back-off. Calls back `onFrame(frame)`, `onState(state)`
   * (idle, connecting, online, offline, unavailable, replaced), `onSession(conversationId)`, `onClosed(code)`, and asks `lastSeq()`.
   */
  class Connection {
    constructor(server, store, callbacks) {
      Object.assign(this, { server, store, callbacks });
      this.state = "idle";
      this.everOnline = false;
      this.socket = null;
      this.attempts = 0;
      this.retryAfter = 0;
      this.askedToWait = 0;
      this.missed = 0;
      this.identity = null;
      this.socketFailures = Date.now() - Number(store.get("stream")) < STREAM_REMEMBERED ? 2 : 0;
      this.streamFailed = false;
      this.timers = {};
    }

    get token() {
      return this.store.get("token");
    }

    start() {
      if (["idle", "replaced"].includes(this.state)) this.#connect();
    }

    /** Skips the rest of a back-off, for example when the network is back. */
    hurry() {
      if (!this.timers.retry || Date.now() < this.notBefore) return;
      this.#clear("retry");
      this.#connect();
    }

    /** Drops the socket and opens another, which resumes after the last sequence number received without a gap. */
    restart() {
      const socket = this.socket;
      if (!socket) return;
      this.#closed(socket, 4000);
      socket.close(4000);
    }

    send(type, data, id) {
      if (this.state !== "online" || this.socket?.readyState !== WebSocket.OPEN) return false;
      this.#write(type, data, id);
      return true;
    }

    /** A sign of life: also finds out early that a laptop slept through its connection. */
    ping() {
      if (this.state !== "online") return;
      if (this.missed >= 2) return void this.restart();
      this.missed += 1;
      this.#write("ping", {});
    }

    #write(type, data, id = "") {
      this.socket.send(JSON.stringify({ v: 1, type, id, seq: 0, ts: Date.now(), data }));
    }

    async #connect() {
      this.#become("connecting");
      try {
        if (!this.token) await this.#newSession();
        if (this.identity) await this.#identify();
        this.#openLine();
      } catch {
        this.#become(this.everOnline ? "offline" : "unavailable");
        this.#retryLater();
      }
    }

    async #newSession() {
      const old = this.store.get("old-token");
      const response = await fetch(`${this.server}/web/session`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ token: old }),
      });
      if (response.status === 429) this.retryAfter = Number(response.headers.get("Retry-After")) || 10;
      if (!response.ok) throw new Error(`session refused: ${response.status}`);
      const session = await response.json();
      this.store.set("token", session.token);
      this.store.remove("old-token");
      this.callbacks.onSession(session.conversation_id);
    }

    /** A request that speaks for this visitor; throws with the server's sentence for the customer, if it has one. */
    async request(path, { method = "POST", body = {} } = {}) {
      const response = await fetch(`${this.server}${path}`, {
        method,
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${this.token}` },
        ...(method === "GET" ? {} : { body: JSON.stringify(body) }),
      });
      if (response.ok) return response.json();
      const detail = parseJson(await response.text())?.detail;
      throw Object.assign(new Error(`${path}: ${response.status}`), {
        status: response.status,
        words: typeof detail === "string" && /[\u4e00-\u9fff]/.test(detail) ? detail : "",
      });
    }

    /** The file as the server keeps it: `{id, url, thumb, ...}`. Throws `{status, words, retryAfter}`. */
    upload(file, name, onProgress) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        const form = new FormData();
        form.append("file", file, name);
        request.open("POST", `${this.server}/web/uploads`);
        request.setRequestHeader("Authorization", `Bearer ${this.token}`);
        request.timeout = UPLOAD_TIMEOUT;
        request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
        request.onload = () => {
          const answer = parseJson(request.responseText) || {};
          if (request.status === 201) return void resolve(answer);
          const words = typeof answer.detail === "string" ? answer.detail : "";
          reject({ status: request.status, words, retryAfter: Number(request.getResponseHeader("Retry-After")) || 0 });
        };
        request.onerror = request.ontimeout = () => reject({ status: 0, words: "", retryAfter: 0 });
        request.send(form);
      });
    }

    /** Another visitor from now on, or the same in another conversation: what this page has heard counts no more. */
    become(token, conversationId) {
      this.store.set("token", token);
      this.callbacks.onSession(conversationId);
      this.attempts = 0;
      if (this.socket) this.restart();
      else this.hurry();
    }

    /** Nobody yet: the next connection begins as a new visitor. */
    forget() {
      for (const key of ["token", "old-token", "account"]) this.store.remove(key);
      if (!this.socket) return;
      this.attempts = 0;
      this.restart();
    }

    /** Tells the server who is logged in on the page, once; a browser of another account becomes a new visitor. */
    async #identify() {
      const account = `${this.identity.user_id}|${this.identity.phone || ""}`;
      const known = this.store.get("account");
      if (known === account) return;
      if (known && known.split("|")[0] !== this.identity.user_id) await this.#asNewVisitor();
      try {
        await this.#sendIdentity();
      } catch (error) {
        if (error.status === 409) {
          await this.#asNewVisitor();
          await this.#sendIdentity();
        } else if (error.status === 403 || error.status === 422) {
          console.warn("KuaidaChat: the identity was refused; check the secret and how the hash is made");
          this.identity = null;
          return;
        } else throw error;
      }
      this.store.set("account", account);
    }

    async #sendIdentity() {
      const { conversation_id: conversation } = await this.request("/web/identity", { body: this.identity });
      this.callbacks.onSession(conversation);
    }

    async #asNewVisitor() {
      for (const key of ["token", "old-token", "account"]) this.store.remove(key);
      await this.#newSession();
    }

    #openLine() {
      const isStream = this.socketFailures >= 2 && !this.streamFailed;
      const socket = isStream
        ? new StreamLine(this.server, this.token, this.callbacks.lastSeq())
        : new WebSocket(`${this.server.replace(/^http/, "ws")}/web/ws`);
      this.socket = socket;
      this.welcomed = false;
      socket.onopen = () => {
        const client = { ver: VERSION, lang: navigator.language };
        if (!isStream) this.#write("hello", { token: this.token, last_seq: this.callbacks.lastSeq(), client });
      };
      socket.onmessage = (event) => this.#received(socket, event.data);
      socket.onclose = (event) => this.#closed(socket, event.code, event.reason);
      const patience = this.everOnline || isStream ? WELCOME_TIMEOUT : SOCKET_OPENS_WITHIN;
      this.#after("welcome", patience, () => this.restart());
    }

    /** A socket that closes before the welcome without a word is likely blocked; then streams and sockets take turns. */
    #noteFailure(socket, code) {
      if (this.welcomed || ![1006, 4000].includes(code)) return;
      if (socket.isStream) this.streamFailed = true;
      else {
        this.socketFailures += code === 4000 ? 2 : 1;
        this.streamFailed = false;
      }
    }

    #received(socket, raw) {
      if (socket !== this.socket) return;
      const frame = parseJson(raw);
      if (!frame || typeof frame.type !== "string") return;
      frame.data = frame.data || {};
      this.missed = 0;
      if (frame.type === "ping") return void (socket.isStream || this.#write("pong", {}, frame.id));
      if (frame.type === "pong") return;
      if (frame.type === "welcome") this.#welcomed();
      if (frame.type === "error") this.askedToWait = Number(frame.data.retry_after) || 0;
      this.callbacks.onFrame(frame);
    }

    #welcomed() {
      this.#clear("welcome");
      this.welcomed = true;
      if (this.socket.isStream) this.store.set("stream", String(Date.now()));
      else {
        this.socketFailures = 0;
        this.store.remove("stream");
      }
      this.everOnline = true;
      this.askedToWait = 0;
      this.#become("online");
      this.#after("stable", STABLE_AFTER, () => {
        this.attempts = 0;
      });
      this.timers.ping = setInterval(() => this.ping(), PING_EVERY);
    }

    #closed(socket, code, reason) {
      if (socket !== this.socket) return;
      this.socket = null;
      this.missed = 0;
      this.#noteFailure(socket, code);
      for (const name of ["welcome", "stable", "ping"]) this.#clear(name);
      this.callbacks.onClosed(code);
      if (code === CLOSE_REPLACED) return void this.#become("replaced");
      if (code === CLOSE_BAD_TOKEN) this.#forgetToken();
      if (code === CLOSE_RATE) this.retryAfter = this.askedToWait || Number(reason) || 10;
      this.#become(this.everOnline ? "offline" : "unavailable");
      this.#retryLater(code);
    }

    #forgetToken() {
      if (this.token) this.store.set("old-token", this.token);
      this.store.remove("token");
    }

    #retryLater(code) {
      const ceiling = Math.min(BACKOFF_MAX, BACKOFF_START * 2 ** this.attempts);
      const badTokenOnce = code === CLOSE_BAD_TOKEN && this.attempts === 0;
      const wait = badTokenOnce ? 0 : ceiling / 2 + (Math.random() * ceiling) / 2;
      this.notBefore = Date.now() + this.retryAfter * 1000;
      this.attempts += 1;
      this.#after("retry", Math.max(wait, this.retryAfter * 1000), () => this.#connect());
      this.retryAfter = 0;
    }

    #become(state) {
      if (state === this.state) return;
      this.state = state;
      this.callbacks.onState(state);
    }

    #after(name, ms, run) {
      this.#clear(name);
      this.timers[name] = setTimeout(() => {
        this.timers[name] = null;
        run();
      }, ms);
    }

    #clear(name) {
      clearTimeout(this.timers[name]);
      clearInterval(this.timers[name]);
      this.timers[name] = null;
    }
  }

  // ---------------------------------------------------------------- Chat

  /** The conversation as this page knows it: messages by sequence number, what waits to be sent, who answers. */
  class Chat {
    constructor(settings) {
      this.store = new Store(settings.server);
      this.outbox = new Outbox(this.store);
      this.shelf = new Shelf(this.store.prefix);
      this.previews = new Map();
      this.rating = null;
      this.listeners = {};
      this.messages = new Map();
      this.ahead = new Set();
      this.lastSeq = 0;
      this.jumpFrom = null;
      this.conversationId = this.store.get("conversation");
      this.readSeq = Number(this.store.get("read")) || 0;
      this.mode = { mode: "bot", agent_name: "", queue_position: null };
      this.limits = DEFAULT_LIMITS;
      this.typing = false;
      this.catchingUp = false;
      this.holdUntil = 0;
      this.earlier = "unknown";
      this.timers = {};
      this.connection = new Connection(settings.server, this.store, {
        onFrame: (frame) => this.#onFrame(frame),
        onState: (state) => this.#onState(state),
        onSession: (id) => this.#belongsTo(id),
        onClosed: (code) => this.#onClosed(code),
        lastSeq: () => this.lastSeq,
      });
      this.connection.identity = settings.identity;
    }

    on(event, listener) {
      (this.listeners[event] ||= new Set()).add(listener);
      return () => this.listeners[event].delete(listener);
    }

    emit(event, detail) {
      for (const listener of this.listeners[event] || []) listener(detail);
    }

    get known() {
      return Boolean(this.connection.token) || this.outbox.items.length > 0;
    }

    get unread() {
      let count = 0;
      for (const message of this.messages.values()) {
        if (message.seq > this.readSeq && ["bot", "agent"].includes(message.author)) count += 1;
      }
      return count;
    }

    start() {
      this.connection.start();
    }

    send(kind, text, payload = "", chosen = []) {
      const files = chosen.map((file) => ({
        key: uuid(),
        name: file.name || TEXT.picture,
        type: file.type,
        size: file.size,
        kind: kindOf(file.type),
      }));
      files.forEach((file, i) => this.#shelve(file, chosen[i]));
      this.outbox.add(kind, text, payload, files);
      this.sendTyping(false);
      this.start();
      this.connection.hurry();
      this.#flush();
      this.emit("change");
    }

    retry(id) {
      const item = this.outbox.find(id);
      if (!item) return;
      this.outbox.retry(item);
      this.connection.hurry();
      this.#flush();
      this.emit("change");
    }

    /** Takes a message that failed out of the conversation; returns it with the files the browser still has. */
    async takeBack(id) {
      const item = this.outbox.find(id);
      this.outbox.remove(item);
      this.emit("change");
      const kept = await Promise.all(item.files.map((file) => this.#fileOf(file)));
      this.#unshelve(item);
      return { text: item.text, files: kept.filter(Boolean) };
    }

    #shelve(file, blob) {
      if (file.kind === "image") this.previews.set(file.key, URL.createObjectURL(blob));
      this.shelf.put(file.key, blob);
    }

    /** Previews stay: the message is still shown with them. */
    #unshelve(item) {
      for (const file of item.files) this.shelf.remove(file.key);
    }

    async #fileOf({ key, name, type }) {
      const blob = await this.shelf.get(key);
      return blob && new File([blob], name, { type });
    }

    /** A picture that waited through a reload is shown again. */
    async restorePreviews() {
      for (const file of this.outbox.items.flatMap((item) => item.files)) {
        if (file.kind !== "image" || this.previews.has(file.key)) continue;
        const blob = await this.shelf.get(file.key);
        if (blob) this.previews.set(file.key, URL.createObjectURL(blob));
      }
      this.emit("change");
    }

    /** Who is logged in on the page: `{user_id, hash, phone?, phone_hash?}`, as the page's server signed it. */
    identify(identity) {
      const known = this.store.get("account");
      if (known && known.split("|")[0] !== identity.user_id) this.#forgetVisitor();
      this.connection.identity = identity;
      if (this.connection.socket) this.connection.restart();
    }

    /** Nobody is logged in any more: what was said must not be there for the next person at this computer. */
    logout() {
      this.connection.identity = null;
      this.#forgetVisitor();
      this.connection.forget();
    }

    #forgetVisitor() {
      for (const item of this.outbox.items) this.#unshelve(item);
      this.outbox.clear();
      this.#forgetMessages();
      for (const key of ["conversation", "read"]) this.store.remove(key);
      this.conversationId = null;
      this.readSeq = 0;
      this.rating = null;
      this.emit("change");
    }

    /** A link to this conversation for another device: `{url, qr, expires_at}`. */
    makeLink() {
      return this.connection.request("/web/links");
    }

    /** Goes on with the conversation of a link. Throws `{words}`. */
    async continueWith(code) {
      const body = { code, token: this.connection.token };
      const session = await this.connection.request("/web/continue", { body });
      this.connection.become(session.token, session.conversation_id);
      this.start();
    }

    /** Returns false where the connection is broken; the offer comes again with the next one. */
    rate(answer) {
      return this.connection.send("rating", { seq: this.rating.seq, ...answer }, uuid());
    }

    leaveQueue() {
      this.connection.send("leave_queue", {});
    }

    /** Only a person is told that the customer is typing, and again while it lasts; the bot has no use for it. */
    sendTyping(on) {
      clearTimeout(this.timers.typing);
      if (on) this.timers.typing = setTimeout(() => this.sendTyping(false), TYPING_IDLE);
      const lasts = !on || Date.now() - this.typingAt < TYPING_AGAIN;
      if (this.mode.mode !== "human" || (this.typingSent === on && lasts)) return;
      if (!this.connection.send("typing", { on })) return;
      this.typingSent = on;
      this.typingAt = Date.now();
    }

    markRead() {
      if (this.lastSeq <= this.readSeq) return;
      this.readSeq = this.lastSeq;
      this.store.set("read", String(this.readSeq));
      this.connection.send("read", { up_to_seq: this.readSeq });
    }

    async loadEarlier() {
      const first = Math.min(...this.messages.keys());
      if (this.earlier !== "unknown" || !(first > 1) || !this.connection.token) return;
      await this.#loadHistory(first);
    }

    async #loadHistory(before) {
      this.earlier = "loading";
      this.emit("change");
      try {
        const { messages, more } = await this.#fetchHistory(before);
        for (const message of messages) this.#keep(message);
        this.earlier = more && messages.length ? "unknown" : "none";
      } catch {
        this.earlier = "failed";
        setTimeout(() => {
          if (this.earlier === "failed") this.earlier = "unknown";
          this.emit("change");
        }, 5_000);
      }
      this.emit("change");
    }

    async #fetchHistory(before) {
      const query = new URLSearchParams({ limit: HISTORY_PAGE, ...(before ? { before } : {}) });
      const response = await fetch(`${this.connection.server}/web/history?${query}`, {
        headers: { Authorization: `Bearer ${this.connection.token}` },
      });
      if (!response.ok) throw new Error(`history refused: ${response.status}`);
      const body = await response.json();
      const frames = Array.isArray(body) ? body : body.messages;
      const messages = frames.map((frame) => messageOf(frame)).filter(Boolean);
      const more = body.more ?? Math.min(...messages.map((message) => message.seq)) > 1;
      return { messages, more };
    }

    // -- frames from the server

    #onFrame(frame) {
      const handlers = {
        welcome: () => this.#onWelcome(frame.data),
        resync: () => this.#onResync(),
        message: () => this.#onMessage(frame),
        ack: () => this.#onAck(frame),
        typing: () => this.#onTyping(frame.data.on),
        mode: () => this.#onMode(frame.data),
        rate: () => this.#onRate(frame.data),
        rated: () => this.#onRated(frame.data),
        error: () => this.#onError(frame),
      };
      handlers[frame.type]?.();
      this.emit("change");
    }

    #onWelcome(data) {
      const stranger = this.lastSeq > 0 && data.conversation_id !== this.conversationId;
      this.#belongsTo(data.conversation_id);
      if (stranger) return void this.connection.restart();
      this.headSeq = Number(data.seq) || 0;
      this.limits = { ...DEFAULT_LIMITS, ...data.limits };
      this.typingSent = false;
      this.rating = null;
      this.#onMode(data);
      if (this.readSeq) this.connection.send("read", { up_to_seq: this.readSeq });
      this.#catchUp();
      this.#flush();
    }

    /** Until the replay has arrived, a screen reader is not told message by message. */
    #catchUp() {
      this.catchingUp = this.lastSeq < this.headSeq;
      clearTimeout(this.timers.catchUp);
      this.timers.catchUp = setTimeout(() => {
        this.catchingUp = false;
        this.emit("change");
      }, 3_000);
    }

    async #onResync() {
      this.#forgetMessages();
      await this.#loadHistory(null);
      this.lastSeq = Math.max(this.headSeq, ...this.messages.keys());
      this.catchingUp = false;
      this.emit("change");
    }

    #onMessage(frame) {
      const message = messageOf(frame);
      if (!message) return;
      const pending = message.client_id && this.outbox.find(message.client_id);
      if (pending) this.#settle(pending);
      const isNew = !this.messages.has(message.seq);
      this.#keep(message);
      this.#contiguous(message.seq);
      if (message.author !== "customer") this.#onTyping(false);
      if (isNew && !this.catchingUp) this.emit("message", { ...message });
      if (this.lastSeq >= this.headSeq) this.catchingUp = false;
    }

    #onAck(frame) {
      const id = frame.data.id || frame.id;
      const seq = Number(frame.data.seq ?? frame.seq);
      const item = this.outbox.find(id);
      if (!item) return;
      this.#settle(item);
      if (!seq) return;
      const sentAt = frame.ts || Date.now();
      const sent = { seq, ts: sentAt, author: "customer", text: item.text, payload: item.payload, buttons: [], client_id: id };
      this.#keep({ ...sent, attachments: item.files.map((file) => this.#absolute({ ...file, content_type: file.type })) });
      this.#contiguous(seq);
    }

    #onRate({ seq, about, agent_name: name, reasons }) {
      if (!seq && this.rating?.state === "done") return;
      this.rating = seq ? { seq, about, name: name || TEXT.agentName, reasons: reasons || {}, state: "open" } : null;
    }

    #onRated({ seq, score }) {
      if (this.rating?.seq !== seq) return;
      this.rating = score ? { ...this.rating, state: "done" } : null;
      clearTimeout(this.timers.rated);
      this.timers.rated = setTimeout(() => {
        if (this.rating?.state === "done") this.rating = null;
        this.emit("change");
      }, 8_000);
    }

    #onTyping(on) {
      this.typing = Boolean(on);
      clearTimeout(this.timers.shown);
      if (!this.typing) return;
      this.timers.shown = setTimeout(() => {
        this.typing = false;
        this.emit("change");
      }, TYPING_SHOWN);
    }

    #onMode({ mode, agent_name, queue_position }) {
      const before = this.mode.mode;
      this.mode = { mode: mode || "bot", agent_name: agent_name || TEXT.agentName, queue_position };
      if (before !== this.mode.mode) {
        this.typing = false;
        this.emit("mode", { ...this.mode });
      }
    }

    #onError(frame) {
      const { code, message, retry_after: retryAfter } = frame.data;
      if (code === "rating") this.rating = null;
      const item = this.outbox.find(frame.data.id || frame.id) || (frame.id ? null : this.outbox.inFlight());
      if (item && retryAfter) this.#hold(item, retryAfter);
      else if (item && code === "no_such_file") this.#uploadAnew(item, message);
      else if (item) this.#giveUp(item, message || TEXT.failed, true);
      this.emit("error", { code, message, retry_after: retryAfter });
      if (message && (!item || retryAfter)) this.emit("notice", message);
    }

    // -- sending

    #flush() {
      const item = this.outbox.next();
      if (!item || this.outbox.inFlight() || this.connection.state !== "online") return;
      if (Date.now() < this.holdUntil) return;
      if (item.files.some((file) => !file.id)) return void this.#upload(item);
      const data = { kind: item.kind, text: item.text, payload: item.payload };
      if (item.files.length) data.attachments = item.files.map((file) => file.id);
      if (!this.connection.send("message", data, item.id)) return;
      Object.assign(item, { state: "sending", tries: item.tries + 1 });
      clearTimeout(this.timers.ack);
      this.timers.ack = setTimeout(() => this.#notAcknowledged(item), ACK_TIMEOUT);
    }

    /** One file after the other, then the message that names them. */
    async #upload(item) {
      item.state = "uploading";
      this.emit("change");
      try {
        for (const file of item.files) if (!file.id) await this.#uploadFile(item, file);
        item.state = "queued";
      } catch (error) {
        this.#notUploaded(item, error);
      }
      this.#flush();
      this.emit("change");
    }

    async #uploadFile(item, file) {
      const blob = await this.shelf.get(file.key);
      if (!blob) throw { gone: true };
      const before = item.files.filter((other) => other.id).length;
      const answer = await this.connection.upload(blob, file.name, (share) => {
        const progress = Math.round(((before + share) / item.files.length) * 100);
        if (progress === item.progress) return;
        item.progress = progress;
        this.emit("change");
      });
      Object.assign(file, { id: answer.id, url: answer.url, thumb: answer.thumb, size: answer.size ?? file.size });
      this.outbox.save(item);
    }

    #notUploaded(item, error) {
      item.progress = 0;
      if (error.gone) return void this.outbox.fail(item, TEXT.fileGone, true);
      if (error.status === 429) return void this.#hold(item, error.retryAfter || 5);
      if ([400, 413, 415].includes(error.status)) return void this.outbox.fail(item, error.words || TEXT.uploadFailed, true);
      item.tries += 1;
      if (item.tries >= MAX_TRIES) return void this.outbox.fail(item, TEXT.uploadFailed);
      this.#hold(item, UPLOAD_AGAIN_AFTER);
      if (error.status === 401) this.connection.restart();
    }

    /** The server doesn't know what was uploaded as ours, so a retry uploads again. */
    #uploadAnew(item, reason) {
      for (const file of item.files) file.id = null;
      this.#giveUp(item, reason || TEXT.uploadFailed);
    }

    #notAcknowledged(item) {
      if (item.tries >= MAX_TRIES) this.#giveUp(item, TEXT.failed);
      this.connection.restart();
      this.emit("change");
    }

    #settle(item) {
      const wasInFlight = item.state === "sending";
      this.outbox.remove(item);
      this.#unshelve(item);
      if (!wasInFlight) return;
      clearTimeout(this.timers.ack);
      this.#flush();
    }

    #giveUp(item, reason, refused = false) {
      clearTimeout(this.timers.ack);
      this.outbox.fail(item, reason, refused);
      this.#flush();
    }

    #hold(item, seconds) {
      clearTimeout(this.timers.ack);
      item.state = "queued";
      this.holdUntil = Date.now() + seconds * 1000;
      clearTimeout(this.timers.hold);
      this.timers.hold = setTimeout(() => {
        this.#flush();
        this.emit("change");
      }, seconds * 1000);
    }

    // -- connection

    #onState(state) {
      this.emit("status", state);
      this.emit("change");
    }

    #onClosed(code) {
      clearTimeout(this.timers.ack);
      clearTimeout(this.timers.gap);
      this.typing = false;
      const item = this.outbox.inFlight();
      if (item && code === CLOSE_TOO_BIG) this.outbox.fail(item, TEXT.tooLong, true);
      this.outbox.requeueUnacknowledged();
    }

    // -- messages

    #belongsTo(conversationId) {
      if (!conversationId || conversationId === this.conversationId) return;
      if (this.conversationId) {
        this.#forgetMessages();
        this.readSeq = 0;
        this.store.remove("read");
      }
      this.conversationId = conversationId;
      this.store.set("conversation", conversationId);
    }

    #forgetMessages() {
      this.messages.clear();
      this.ahead.clear();
      this.lastSeq = 0;
      this.jumpFrom = null;
      this.earlier = "unknown";
    }

    #keep(message) {
      const attachments = (message.attachments || []).map((attachment) => this.#absolute(attachment));
      this.messages.set(message.seq, { ...this.messages.get(message.seq), ...message, attachments });
    }

    /** Addresses from the server are without host; only its own are shown. */
    #absolute(attachment) {
      const whole = (path) => (typeof path === "string" && path.startsWith("/") ? this.connection.server + path : path);
      return { ...attachment, url: whole(attachment.url), thumb: whole(attachment.thumb) };
    }

    /** Moves `lastSeq` as far as there is no hole; a hole that stays makes us resume from before it. */
    #contiguous(seq) {
      if (seq > this.lastSeq) this.ahead.add(seq);
      while (this.ahead.delete(this.lastSeq + 1)) this.lastSeq += 1;
      clearTimeout(this.timers.gap);
      if (this.ahead.size) this.timers.gap = setTimeout(() => this.#fillGap(), GAP_PATIENCE);
    }

    /** A server that no longer has the missing messages would send us round in circles: the second time, go on after the hole. */
    #fillGap() {
      if (this.jumpFrom === this.lastSeq) {
        this.lastSeq = Math.min(...this.ahead) - 1;
        this.#contiguous(this.lastSeq);
        this.emit("change");
        return;
      }
      this.jumpFrom = this.lastSeq;
      this.connection.restart();
    }
  }

  /** A message frame (live, replayed or from the history) as the view uses it; null when it makes no sense. */
  function messageOf(frame) {
    const data = frame.data || frame;
    const seq = Number(frame.seq ?? data.seq);
    if (!(seq > 0) || typeof data.text !== "string") return null;
    const author = ["customer", "agent", "system"].includes(data.author) ? data.author : "bot";
    const buttons = Array.isArray(data.buttons) ? data.buttons.filter((button) => button && button.title) : [];
    return {
      seq,
      ts: Date.parse(data.created_at) || frame.ts || Date.now(),
      author,
      author_name: data.author_name || "",
      text: data.text,
      buttons,
      attachments: Array.isArray(data.attachments) ? data.attachments.filter((each) => each && each.kind) : [],
      ...(data.payload ? { payload: data.payload } : {}),
      client_id: (author === "customer" && data.client_id) || null,
    };
  }

  // ---------------------------------------------------------------- View

  const STYLE = `
  :host { all: initial; position: fixed; z-index: 2147483000; inset: auto; color-scheme: light;
    font: 15px/1.6 system-ui, -apple-system, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
    --surface: #fff; --ground: #f3f5f9; --bubble: #fff; --text: #18202f; --muted: #5b6577; --line: #e3e7ef;
    --soft: #eef3fc; --brand-text: var(--brand-text-light); --danger: #c0262d; --danger-soft: #fdeeee;
    --edge: #8a94a6; --star: #b26a00; --star-off: #8a94a6; --warn: #7a4b00; --warn-soft: #fff5e0; --good: #0f6b4a; --good-soft: #e7f6ef;
    --shadow: 0 1px 2px rgb(16 24 40 / .06); --float: 0 24px 64px -12px rgb(16 24 40 / .28), 0 4px 16px rgb(16 24 40 / .08); }
  :host([data-theme="dark"]) { color-scheme: dark; DARK }
  @media (prefers-color-scheme: dark) { :host([data-theme="auto"]) { color-scheme: dark; DARK } }
  *, *::before, *::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  button { font: inherit; color: inherit; background: none; border: 0; padding: 0; margin: 0; cursor: pointer;
    -webkit-tap-highlight-color: transparent; touch-action: manipulation; }
  button:disabled { cursor: default; }
  :focus-visible { outline: 2px solid var(--brand-text); outline-offset: 2px; }
  svg { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; }
  .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  .launcher { position: fixed; bottom: calc(24px + env(safe-area-inset-bottom)); width: 60px; height: 60px; border-radius: 50%;
    display: grid; place-items: center; color: var(--on-brand); background: linear-gradient(160deg, var(--brand), var(--brand-deep));
    box-shadow: 0 10px 28px -6px rgb(16 24 40 / .42), 0 2px 6px rgb(16 24 40 / .16); transition: transform .18s ease, box-shadow .18s ease; }
  .launcher:hover { transform: translateY(-2px); }
  .launcher:active { transform: scale(.96); }
  .launcher svg { width: 28px; height: 28px; }
  .right .launcher { right: 24px; } .left .launcher { left: 24px; }
  .badge { position: absolute; top: -3px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; font-size: 12px;
    font-weight: 600; line-height: 22px; text-align: center; color: #fff; background: #d32f2f; box-shadow: 0 0 0 2px var(--surface); }

  .panel { position: fixed; bottom: calc(100px + env(safe-area-inset-bottom)); width: 392px; height: min(660px, calc(100vh - 124px));
    display: flex; flex-direction: column; overflow: hidden; color: var(--text); background: var(--surface); border-radius: 20px;
    box-shadow: var(--float); animation: rise .22s cubic-bezier(.2, .8, .3, 1); }
  .right .panel { right: 24px; transform-origin: bottom right; } .left .panel { left: 24px; transform-origin: bottom left; }
  @keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.98); } }

  header { display: flex; align-items: center; gap: 8px; padding: 14px 10px 14px 14px; color: var(--on-brand);
    background: linear-gradient(150deg, var(--brand), var(--brand-deep)); }
  header :focus-visible { outline-color: currentColor; }
  .mark { width: 38px; height: 38px; border-radius: 13px; display: grid; place-items: center; flex: none;
    background: rgb(255 255 255 / .18); }
  .heading-text { flex: 1; min-width: 0; }
  .title { margin: 0; font-size: 16px; font-weight: 600; line-height: 1.35; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .subtitle { display: flex; align-items: center; gap: 6px; font-size: 12.5px; line-height: 1.5; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .subtitle::before { content: ""; width: 7px; height: 7px; border-radius: 50%; background: #5fe3a1; flex: none; }
  .subtitle.away::before { background: #ffc861; }
  .elsewhere { margin: 0 -6px 0 -2px; }
  .to-human { display: flex; align-items: center; gap: 4px; height: 34px; padding: 0 11px 0 8px; border-radius: 17px; font-size: 13.5px; font-weight: 500;
    white-space: nowrap; border: 1px solid currentColor; transition: background .15s; }
  .to-human svg { width: 18px; height: 18px; }
  .to-human:hover:enabled, .collapse:hover { background: rgb(255 255 255 / .16); }
  .to-human:disabled { opacity: .62; border-color: transparent; }
  .collapse { width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; flex: none; }

  .bar { display: flex; align-items: center; gap: 8px; padding: 8px 16px; font-size: 13px; line-height: 1.5; border-bottom: 1px solid var(--line); }
  .bar span { flex: 1; } .bar svg { width: 18px; height: 18px; }
  .bar button { font-weight: 600; text-decoration: underline; text-underline-offset: 3px; padding: 2px 0; }
  .bar.offline { color: var(--warn); background: var(--warn-soft); }
  .bar.queued { color: var(--brand-text); background: var(--soft); }
  .bar.human { color: var(--good); background: var(--good-soft); }
  .bar.notice { color: var(--danger); background: var(--danger-soft); }

  .body { position: relative; flex: 1; min-height: 0; background: var(--ground); }
  .log { position: relative; height: 100%; overflow-y: auto; overscroll-behavior: contain; padding: 16px 14px 18px; display: flex; flex-direction: column;
    scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
  .log:focus-visible { outline-offset: -3px; }
  .day { align-self: center; margin: 12px 0 6px; font-size: 12px; color: var(--muted); }
  .earlier { align-self: center; padding-bottom: 8px; font-size: 12px; color: var(--muted); }
  .system { align-self: center; max-width: 88%; margin: 10px 0 4px; padding: 4px 12px; border-radius: 14px; font-size: 12.5px; text-align: center;
    color: var(--muted); background: color-mix(in srgb, var(--line) 60%, transparent); }
  .system p { margin: 0; }

  .row { display: grid; grid-template-columns: 32px minmax(0, 1fr); column-gap: 8px; margin-top: 4px; }
  .row.first { margin-top: 14px; }
  .avatar { grid-row: 1 / 3; width: 32px; height: 32px; border-radius: 11px; display: grid; place-items: center; visibility: hidden;
    color: var(--brand-text); background: var(--surface); box-shadow: var(--shadow); }
  .avatar svg { width: 19px; height: 19px; }
  .avatar.person { font-size: 14px; font-weight: 600; color: var(--good); background: var(--good-soft); box-shadow: none; }
  .row.first .avatar { visibility: visible; }
  .name { display: none; grid-column: 2; margin: 0 0 3px 2px; font-size: 12px; line-height: 1.4; color: var(--muted); }
  .row.first .name { display: block; }
  .content { grid-column: 2; display: flex; flex-direction: column; align-items: flex-start; min-width: 0; }
  .bubble { max-width: 100%; padding: 9px 13px; border-radius: 16px; background: var(--bubble); box-shadow: var(--shadow);
    overflow-wrap: anywhere; word-break: normal; }
  .row.first:not(.mine) .bubble { border-top-left-radius: 6px; }
  .row.mine { display: flex; justify-content: flex-end; }
  .row.mine .content { align-items: flex-end; max-width: 84%; }
  .row.mine .bubble { color: var(--on-brand); background: var(--brand); white-space: pre-wrap; box-shadow: none; }
  .row.mine.last .bubble { border-bottom-right-radius: 6px; }
  .row.mine .bubble, .row.mine .meta { transition: opacity .2s; }
  .row.mine.pending .bubble { opacity: .72; transition-delay: .6s; }
  .row.mine.pending .meta { animation: late .8s step-end; }
  @keyframes late { from { opacity: 0; } }
  .row.mine.failed .bubble { color: var(--danger); background: var(--danger-soft); opacity: 1; }
  .fresh .row, .fresh .system { animation: appear .2s ease-out; }
  @keyframes appear { from { opacity: 0; transform: translateY(6px); } }

  .bubble > * { margin: 0; } .bubble > * + * { margin-top: 7px; }
  .bubble ul, .bubble ol { padding-left: 1.35em; } .bubble li + li { margin-top: 3px; }
  .bubble li::marker { color: var(--muted); }
  .bubble .heading, .bubble strong { font-weight: 600; }
  .bubble a { color: var(--brand-text); text-decoration: underline; text-underline-offset: 2px; }
  .bubble code { padding: 1px 5px; border-radius: 5px; background: var(--ground); font: .92em/1.5 ui-monospace, Consolas, monospace; }

  .meta { display: flex; align-items: center; gap: 6px; min-height: 18px; margin: 3px 3px 0; font-size: 11.5px; line-height: 18px; color: var(--muted); }
  .meta svg { flex: none; }
  .meta.alert { color: var(--danger); font-size: 12.5px; } .meta svg { width: 15px; height: 15px; }
  .meta button { flex: none; white-space: nowrap; font-weight: 600; text-decoration: underline; text-underline-offset: 3px; }
  .replies { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
  .reply { min-height: 36px; padding: 6px 14px; border-radius: 18px; font-size: 14px; line-height: 1.45; text-align: left; color: var(--brand-text);
    background: var(--surface); border: 1px solid color-mix(in srgb, var(--brand-text) 38%, transparent); transition: background .15s, border-color .15s; }
  .reply:hover:enabled { background: var(--soft); border-color: var(--brand-text); }
  .reply:disabled { color: var(--muted); border-color: var(--line); background: transparent; }
  .reply.chosen:disabled { color: var(--brand-text); background: var(--soft); border-color: transparent; }

  .typing .bubble { display: flex; gap: 5px; padding: 15px 14px; }
  .typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--muted); animation: blink 1.2s infinite ease-in-out; }
  .typing i:nth-of-type(2) { animation-delay: .18s; } .typing i:nth-of-type(3) { animation-delay: .36s; }
  @keyframes blink { 0%, 70%, 100% { opacity: .25; } 35% { opacity: .9; } }

  .welcome { margin: auto 0; padding: 12px 10px; display: flex; flex-direction: column; align-items: center; text-align: center; }
  .welcome .mark { width: 60px; height: 60px; border-radius: 20px; color: var(--brand-text); background: var(--surface); box-shadow: var(--shadow); }
  .welcome .mark svg { width: 32px; height: 32px; }
  .welcome h3 { margin: 16px 0 4px; font-size: 17px; font-weight: 600; } .welcome p { margin: 0; max-width: 290px; font-size: 14px; color: var(--muted); text-wrap: balance; }
  .welcome .replies { justify-content: center; margin-top: 20px; }

  .to-bottom { position: absolute; bottom: 12px; left: 50%; transform: translateX(-50%); display: flex; align-items: center; gap: 4px; height: 34px;
    padding: 0 14px 0 10px; border-radius: 17px; font-size: 13px; font-weight: 500; color: var(--brand-text); background: var(--surface);
    border: 1px solid var(--line); box-shadow: 0 6px 18px -4px rgb(16 24 40 / .25); }
  .to-bottom svg { width: 18px; height: 18px; }

  footer { padding: 10px 12px calc(12px + env(safe-area-inset-bottom)); background: var(--surface); border-top: 1px solid var(--line); }
  .composer { display: flex; align-items: flex-end; gap: 8px; padding: 5px 5px 5px 15px; border-radius: 23px; border: 1px solid var(--line);
    background: var(--ground); transition: border-color .15s, box-shadow .15s; }
  .composer:focus-within { border-color: var(--brand-text); box-shadow: 0 0 0 3px color-mix(in srgb, var(--brand-text) 16%, transparent); }
  textarea { flex: 1; min-width: 0; max-height: 126px; padding: 5px 0; margin: 0; border: 0; outline: 0; resize: none; background: transparent;
    color: var(--text); font: inherit; line-height: 24px; height: 34px; scrollbar-width: thin; }
  textarea:focus-visible { outline: none; }
  textarea::placeholder { color: var(--muted); opacity: 1; }
  .send { width: 34px; height: 34px; border-radius: 50%; display: grid; place-items: center; flex: none; color: var(--on-brand); background: var(--brand);
    transition: opacity .15s, background .15s; }
  .send svg { width: 20px; height: 20px; stroke-width: 2.2; }
  .send:disabled { color: var(--muted); background: var(--line); }
  .composer:has(.attach) { padding-left: 5px; gap: 4px; }
  .attach { width: 34px; height: 34px; border-radius: 50%; display: grid; place-items: center; flex: none; color: var(--muted); transition: background .15s, color .15s; }
  .attach:hover { color: var(--brand-text); background: var(--soft); }
  .attach svg { width: 21px; height: 21px; }
  .attach.photo { display: none; }
  @media (pointer: coarse) { .attach.photo { display: grid; } }
  .tray { display: flex; gap: 10px; margin: 0 0 10px; padding: 4px 2px 2px; overflow-x: auto; list-style: none; scrollbar-width: thin; }
  .tray li { position: relative; flex: none; max-width: 200px; }
  .tray img { display: block; width: 64px; height: 64px; object-fit: cover; border-radius: 12px; border: 1px solid var(--line); background: var(--ground); }
  .tray .file { height: 64px; padding-right: 22px; }
  .drop-file { position: absolute; top: -6px; right: -6px; width: 24px; height: 24px; border-radius: 50%; display: grid; place-items: center;
    color: var(--text); background: var(--surface); border: 1px solid var(--line); box-shadow: var(--shadow); }
  .tray li:not(.is-picture) .drop-file { top: 4px; right: 4px; border: 0; background: none; box-shadow: none; color: var(--muted); }
  .drop-file svg { width: 14px; height: 14px; stroke-width: 2.2; }
  .drop { position: absolute; inset: 8px; z-index: 2; display: flex; flex-direction: column; gap: 10px; align-items: center; justify-content: center;
    border-radius: 14px; border: 2px dashed var(--brand-text); color: var(--brand-text); font-weight: 600;
    background: color-mix(in srgb, var(--surface) 92%, transparent); pointer-events: none; }
  .drop svg { width: 34px; height: 34px; }

  .files { display: flex; flex-direction: column; gap: 6px; max-width: 100%; align-items: inherit; }
  .files + .bubble, .bubble + .files { margin-top: 6px; }
  .pictures { display: block; } .pictures.several { display: grid; grid-template-columns: repeat(2, 112px); gap: 4px; }
  .picture { display: block; border-radius: 14px; overflow: hidden; background: var(--line); min-width: 80px; min-height: 60px; }
  .picture img { display: block; max-width: 220px; max-height: 240px; min-height: 60px; object-fit: cover; }
  .pictures.several .picture img { width: 112px; height: 112px; }
  .gone { display: flex; align-items: center; gap: 6px; padding: 14px 16px; font-size: 13px; color: var(--muted); }
  .gone svg { width: 18px; height: 18px; }
  .row.mine.pending .files { opacity: .72; } .row.mine.failed .picture { outline: 2px solid var(--danger); outline-offset: -2px; }
  .file { display: flex; align-items: center; gap: 10px; padding: 9px 13px; border-radius: 14px; text-align: left; color: var(--text); background: var(--bubble);
    border: 1px solid var(--line); max-width: 260px; }
  .file svg { color: var(--brand-text); } .file-link { display: block; text-decoration: none; border-radius: 14px; max-width: 100%; }
  .file-link:hover .file { border-color: var(--brand-text); }
  .file-words { min-width: 0; display: flex; flex-direction: column; }
  .file-name { font-size: 14px; line-height: 1.4; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .file-size { font-size: 12px; line-height: 1.4; color: var(--muted); }
  audio { max-width: 100%; height: 44px; }
  progress { width: 72px; height: 5px; border: 0; border-radius: 3px; overflow: hidden; appearance: none; background: var(--line); }
  progress::-webkit-progress-bar { background: var(--line); } progress::-webkit-progress-value { background: var(--brand-text); }
  progress::-moz-progress-bar { background: var(--brand-text); }

  .rating { scroll-margin: 16px; margin: 18px 0 2px; padding: 16px 16px 14px; border-radius: 18px; text-align: center; background: var(--surface); border: 1px solid var(--line); box-shadow: var(--shadow); }
  .rating h3 { margin: 0 0 8px; font-size: 15px; font-weight: 600; line-height: 1.45; text-wrap: balance; }
  .stars { display: flex; justify-content: center; gap: 4px; }
  .star { position: relative; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; color: var(--star-off); cursor: pointer; }
  .star input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
  .star svg { width: 29px; height: 29px; stroke-width: 1.6; pointer-events: none; }
  .star.lit { color: var(--star); } .star.lit svg { fill: currentColor; }
  .star:hover { background: var(--ground); } .star:has(:focus-visible) { outline: 2px solid var(--brand-text); }
  .said { min-height: 22px; font-size: 13px; color: var(--muted); }
  .why { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; margin: 8px 0 12px; }
  .reason { position: relative; cursor: pointer; } .reason input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
  .reason span { display: block; padding: 5px 12px; border-radius: 16px; font-size: 13.5px; line-height: 1.5; border: 1px solid var(--edge); }
  .reason :checked + span { color: var(--brand-text); background: var(--soft); border-color: var(--brand-text); }
  .reason :focus-visible + span { outline: 2px solid var(--brand-text); outline-offset: 2px; }
  .comment { display: block; width: 100%; height: auto; min-height: 58px; margin: 0 0 12px; padding: 8px 12px; border-radius: 12px; border: 1px solid var(--edge); background: var(--ground); }
  .comment:focus-visible { outline: 2px solid var(--brand-text); outline-offset: 0; }
  .choices { display: flex; justify-content: center; gap: 10px; align-items: center; }
  .primary { min-height: 38px; padding: 6px 20px; border-radius: 19px; font-weight: 500; color: var(--on-brand); background: var(--brand); white-space: nowrap; }
  .primary:disabled { color: var(--muted); background: var(--line); }
  .plain { min-height: 38px; padding: 6px 14px; border-radius: 19px; color: var(--muted); } .plain:hover { background: var(--ground); }
  .thanks { display: flex; align-items: center; justify-content: center; gap: 8px; font-size: 14px; color: var(--good); }
  .thanks svg { width: 20px; height: 20px; stroke-width: 2.2; }
  .rating.done > :not(.thanks) { display: none; } .rating.done { padding: 12px; }

  .sheet { position: absolute; inset: 0; z-index: 3; display: grid; place-items: center; padding: 16px; overflow-y: auto; background: rgb(10 16 28 / .5); }
  .sheet-card { position: relative; width: 100%; max-width: 330px; padding: 26px 22px 22px; border-radius: 20px; text-align: center; color: var(--text); background: var(--surface);
    box-shadow: var(--float); }
  .sheet-card:focus-visible { outline: none; }
  .sheet h3 { margin: 0 0 6px; font-size: 17px; font-weight: 600; } .sheet p { margin: 0 0 12px; font-size: 14px; color: var(--muted); text-wrap: pretty; }
  .sheet .mark { margin: 0 auto 14px; width: 56px; height: 56px; border-radius: 18px; color: var(--brand-text); background: var(--soft); }
  .sheet-body { display: flex; flex-direction: column; } .sheet-body .mark { order: -1; }
  .sheet .fine { margin: 10px 0 0; font-size: 12.5px; } .sheet .problem { color: var(--danger); }
  .sheet-close { position: absolute; top: 10px; right: 10px; width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; color: var(--muted); }
  .sheet-close svg { width: 20px; height: 20px; } .sheet-close:hover { background: var(--ground); }
  .qr { width: 176px; height: 176px; margin: 4px auto 14px; border-radius: 12px; fill: #000; stroke: none; background: #fff; border: 1px solid var(--line); shape-rendering: crispEdges; }
  .link-row { display: flex; gap: 8px; }
  .link { flex: 1; min-width: 0; height: 38px; padding: 0 12px; border-radius: 12px; border: 1px solid var(--edge); font: inherit; font-size: 13px; color: var(--text); background: var(--ground); }
  .page .launcher, .page .collapse:not(.elsewhere) { display: none; }
  .page .panel { inset: 0; margin: auto; width: min(760px, 100%); height: var(--viewport, 100dvh); border-radius: 0; animation: none; }

  .counter { margin: 5px 8px 0; font-size: 12px; line-height: 16px; text-align: right; color: var(--muted); }
  .counter.over { color: var(--danger); font-weight: 600; }

  @media ${PHONE} {
    .launcher { width: 56px; height: 56px; bottom: calc(18px + env(safe-area-inset-bottom)); }
    .right .launcher { right: 18px; } .left .launcher { left: 18px; }
    .opened .launcher { display: none; }
    .right .panel, .left .panel, .page .panel { inset: 0 0 auto 0; width: 100%; height: var(--viewport, 100dvh); border-radius: 0; box-shadow: none; }
    header { padding-top: calc(12px + env(safe-area-inset-top)); }
    .collapse, .to-human { min-height: 40px; } .to-human { border-radius: 20px; } .collapse { width: 40px; }
    .reply { min-height: 42px; border-radius: 21px; padding: 8px 16px; font-size: 15px; }
    .send, .attach { width: 38px; height: 38px; } .star { width: 46px; height: 46px; } .star svg { width: 33px; height: 33px; }
    .primary, .plain { min-height: 44px; border-radius: 22px; } .comment, .link { font-size: 16px; }
    .to-human { padding: 0 10px 0 8px; } textarea { font-size: 16px; height: 38px; padding: 7px 0; }
    .composer { border-radius: 25px; }
    :host { font-size: 16px; }
  }
  @media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; } }
  @media (forced-colors: active) { .bubble, .launcher, .send { border: 1px solid; } }
  `.replaceAll(
    "DARK",
    `--surface: #1b202a; --ground: #12161d; --bubble: #242a36; --text: #e8ebf1; --muted: #9aa4b5; --line: #303847;
    --soft: #242d3f; --brand-text: var(--brand-text-dark); --danger: #ff9a9a; --danger-soft: #3b2226;
    --edge: #6b7689; --star: #ffc24d; --star-off: #7c879a; --warn: #f5c469; --warn-soft: #372c17; --good: #72d6a8; --good-soft: #17332a; --shadow: none;
    --float: 0 24px 64px -12px rgb(0 0 0 / .7), 0 0 0 1px rgb(255 255 255 / .07);`,
  );

  class View {
    constructor(chat, settings) {
      this.chat = chat;
      this.settings = settings;
      this.rows = new Map();
      this.opened = false;
      this.chosen = new Map();
      this.tray = [];
      this.scheduled = false;
      this.phone = matchMedia(PHONE);
      this.#build();
      this.#listen();
      this.render();
    }

    // -- building

    #build() {
      this.host = el("kuaida-chat", { "data-theme": this.settings.theme, lang: "zh-CN" });
      const root = this.host.attachShadow({ mode: "open" });
      this.#addStyle(root);
      for (const [name, value] of Object.entries(brandVariables(this.settings.color))) this.host.style.setProperty(name, value);
      this.panel = el(
        "section.panel",
        { id: "panel", role: "dialog", "aria-label": this.settings.title, hidden: true },
        this.#header(),
        this.#bars(),
        this.#body(),
        this.#footer(),
        this.#dropZone(),
        this.#sheet(),
      );
      this.wrap = el(`div.${this.settings.position}`, {}, this.panel, this.#launcher());
      this.wrap.classList.toggle("page", this.settings.page);
      root.append(this.wrap);
      document.body.append(this.host);
    }

    /** A constructed sheet passes a strict Content-Security-Policy, a style element doesn't. */
    #addStyle(root) {
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
        root.adoptedStyleSheets = [sheet];
      } catch {
        root.append(el("style", {}, STYLE));
      }
    }

    #launcher() {
      this.badge = el("span.badge", { hidden: true, "aria-hidden": "true" });
      this.launcherIcon = el("span", { style: "display:contents" }, icon("chat"));
      this.launcher = el("button.launcher", { type: "button", "aria-controls": "panel" }, this.launcherIcon, this.badge);
      this.launcher.onclick = () => (this.opened ? this.close() : this.open());
      return this.launcher;
    }

    #header() {
      this.subtitle = el("div.subtitle", { "aria-live": "polite" });
      this.toHuman = el("button.to-human", { type: "button" }, icon("headset"), TEXT.requestHuman);
      this.toHuman.onclick = () => this.#requestHuman();
      this.collapse = el("button.collapse", { type: "button", "aria-label": TEXT.close, title: TEXT.close }, icon("down"));
      this.collapse.onclick = () => this.close();
      this.elsewhere = el("button.collapse.elsewhere", { type: "button", "aria-label": TEXT.devices, title: TEXT.devices }, icon("devices"));
      this.elsewhere.onclick = () => this.#showLink();
      const text = el("div.heading-text", {}, el("h2.title", {}, this.settings.title), this.subtitle);
      return el("header", {}, el("div.mark", {}, icon("parcel")), text, this.toHuman, this.elsewhere, this.collapse);
    }

    #bars() {
      this.connectionBar = bar("offline", "offline");
      this.modeBar = bar("queued", "headset");
      this.noticeBar = bar("notice", "alert");
      this.noticeBar.node.setAttribute("role", "alert");
      this.connectionBar.button.onclick = () => this.chat.start();
      this.connectionBar.button.textContent = TEXT.takeOver;
      this.modeBar.button.onclick = () => this.chat.leaveQueue();
      this.modeBar.button.textContent = TEXT.leaveQueue;
      return el("div", {}, this.connectionBar.node, this.modeBar.node, this.noticeBar.node);
    }

    #body() {
      this.log = el("div.log", { role: "log", "aria-live": "polite", "aria-label": TEXT.log, tabIndex: 0 });
      this.earlier = el("div.earlier", { hidden: true });
      this.welcome = this.#welcome();
      this.typing = typingRow();
      this.ratingCard = ratingCard((answer) => this.#rated(answer));
      this.log.append(this.earlier, this.welcome, this.typing.node, this.ratingCard.node);
      this.toBottom = el("button.to-bottom", { type: "button", hidden: true }, icon("down"), TEXT.newMessages);
      this.toBottom.onclick = () => this.#scrollToEnd();
      this.log.onscroll = () => this.#scrolled();
      // Pictures take their room only once they are there.
      this.log.addEventListener("load", () => this.atEnd && this.#scrollToEnd(), true);
      return el("div.body", {}, this.log, this.toBottom);
    }

    #welcome() {
      const chips = this.settings.suggestions.map((text) => {
        const chip = el("button.reply", { type: "button" }, text);
        chip.onclick = () => this.chat.send("text", text);
        return chip;
      });
      const words = [el("h3", {}, TEXT.welcomeTitle), el("p", {}, TEXT.welcomeBody)];
      return el("div.welcome", {}, el("div.mark", {}, icon("parcel")), ...words, el("div.replies", {}, ...chips));
    }

    #footer() {
      this.input = el("textarea", {
        rows: 1,
        placeholder: TEXT.placeholder,
        "aria-label": TEXT.input,
        "aria-describedby": "keys",
        enterKeyHint: "send",
        autocomplete: "off",
      });
      this.sendButton = el("button.send", { type: "button", "aria-label": TEXT.send, title: TEXT.send, disabled: true }, icon("send"));
      this.sendButton.onclick = () => this.#submit();
      this.counter = el("div.counter", { role: "status", hidden: true });
      const keys = el("div.visually-hidden", { id: "keys" }, TEXT.keys);
      const composer = el("div.composer", {}, ...this.#pickers(), this.input, this.sendButton);
      this.trayNode = el("ul.tray", { hidden: true, "aria-label": TEXT.chosenFiles });
      return el("footer", {}, this.trayNode, composer, this.counter, keys);
    }

    /** Files for everybody; the camera at once where there is a finger rather than a mouse. */
    #pickers() {
      const picker = (className, label, iconName, properties) => {
        const field = el("input", { type: "file", hidden: true, tabIndex: -1, ...properties });
        field.onchange = () => {
          this.#choose([...field.files]);
          field.value = "";
        };
        const button = el(`button.${className}`, { type: "button", "aria-label": label, title: label }, icon(iconName));
        button.onclick = () => field.click();
        return [button, field];
      };
      const attach = picker("attach", TEXT.attach, "clip", { accept: ACCEPTED, multiple: true });
      const camera = picker("attach.photo", TEXT.takePhoto, "camera", { accept: "image/*", capture: "environment" });
      return [...attach, ...camera];
    }

    #dropZone() {
      this.dropNode = el("div.drop", { hidden: true, "aria-hidden": "true" }, icon("clip"), TEXT.drop);
      return this.dropNode;
    }

    /** A dialog over the conversation: the link for another device, or whether to go on with that of a link. */
    #sheet() {
      this.sheetBody = el("div.sheet-body");
      this.sheetClose = el("button.sheet-close", { type: "button", "aria-label": TEXT.dismiss, title: TEXT.dismiss }, icon("cross"));
      this.sheetClose.onclick = () => this.#dismissSheet();
      const card = el("div.sheet-card", { role: "dialog", "aria-modal": "true", tabIndex: -1 }, this.sheetClose, this.sheetBody);
      this.sheetNode = el("div.sheet", { hidden: true }, card);
      this.sheetNode.onclick = (event) => event.target === this.sheetNode && this.#dismissSheet();
      return this.sheetNode;
    }

    // -- events

    #listen() {
      this.chat.on("change", () => this.schedule());
      this.chat.on("notice", (text) => this.#notify(text));
      this.chat.on("status", (state) => this.#connectionChanged(state));
      this.panel.addEventListener("keydown", (event) => this.#keyInPanel(event));
      this.input.addEventListener("keydown", (event) => this.#keyInInput(event));
      this.input.addEventListener("input", () => this.#typed());
      this.panel.addEventListener("paste", (event) => this.#pasted(event));
      for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
        this.panel.addEventListener(name, (event) => this.#dragged(event));
      }
      document.addEventListener("visibilitychange", () => this.#seenAgain());
      window.addEventListener("online", () => this.chat.connection.hurry());
      window.addEventListener("pageshow", () => this.chat.connection.hurry());
      window.visualViewport?.addEventListener("resize", () => this.#fitViewport());
      new ResizeObserver(() => this.atEnd && this.#scrollToEnd()).observe(this.log);
    }

    #seenAgain() {
      if (document.visibilityState !== "visible") return;
      this.chat.connection.hurry();
      this.chat.connection.ping();
      this.schedule();
    }

    #keyInPanel(event) {
      if (event.key === "Tab" && !this.sheetNode.hidden) return void this.#keepFocusInSheet(event);
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      if (this.sheetNode.hidden) this.close();
      else this.#dismissSheet();
    }

    /** Enter that picks a candidate of an input method belongs to the input method (Safari says so only by keyCode 229). */
    #keyInInput(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    }

    #typed() {
      this.#fitInput();
      this.#renderComposer();
      this.chat.sendTyping(this.input.value.trim() !== "");
    }

    #submit() {
      const text = this.input.value.trim();
      const files = this.tray.map((chosen) => chosen.file);
      if ((!text && !files.length) || this.#charsLeft() < 0) return;
      this.input.value = "";
      this.#emptyTray();
      this.#typed();
      this.chat.send("text", text, "", files);
      this.#scrollToEnd();
      this.input.focus();
    }

    async #again(item) {
      if (!item.refused) return void this.chat.retry(item.id);
      const { text, files } = await this.chat.takeBack(item.id);
      this.input.value = text;
      this.#choose(files);
      this.#typed();
      this.input.focus();
    }

    // -- files

    /** What fits goes into the tray above the input; of what doesn't the customer is told why. */
    #choose(files) {
      for (const file of files) {
        const problem = this.#problemWith(file);
        if (problem) this.#notify(problem);
        else this.tray.push({ file, preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null });
      }
      this.#renderTray();
      if (files.length) this.input.focus();
    }

    #problemWith(file) {
      const limit = this.chat.limits.upload_bytes;
      if (this.tray.length >= FILES_AT_ONCE) return TEXT.tooManyFiles(FILES_AT_ONCE);
      if (!isAccepted(file.type)) return TEXT.fileUnsupported(file.name);
      if (!file.size) return TEXT.fileEmpty(file.name);
      return file.size > limit ? TEXT.fileTooBig(file.name, sizeOf(limit)) : null;
    }

    #renderTray() {
      this.trayNode.hidden = this.tray.length === 0;
      this.trayNode.replaceChildren(...this.tray.map((chosen) => this.#trayItem(chosen)));
      this.#renderComposer();
      if (this.atEnd) this.#scrollToEnd();
    }

    #trayItem(chosen) {
      const { file, preview } = chosen;
      const name = file.name || TEXT.picture;
      const drop = el("button.drop-file", { type: "button", "aria-label": TEXT.remove(name), title: TEXT.remove(name) }, icon("cross"));
      drop.onclick = () => {
        this.tray = this.tray.filter((other) => other !== chosen);
        if (preview) URL.revokeObjectURL(preview);
        this.#renderTray();
        this.input.focus();
      };
      const face = preview ? el("img", { src: preview, alt: name }) : fileFace(name, file.size);
      return el(preview ? "li.is-picture" : "li", {}, face, drop);
    }

    #emptyTray() {
      for (const { preview } of this.tray) if (preview) URL.revokeObjectURL(preview);
      this.tray = [];
      this.#renderTray();
    }

    #pasted(event) {
      const files = [...(event.clipboardData?.files || [])];
      if (!files.length) return;
      event.preventDefault();
      this.#choose(files);
    }

    /** Leaving a child counts as leaving, so the zone goes only when the pointer is outside of the window. */
    #dragged(event) {
      if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.preventDefault();
      const isOver = event.type !== "drop" && !(event.type === "dragleave" && !this.panel.contains(event.relatedTarget));
      this.dropNode.hidden = !isOver;
      if (event.type === "drop") this.#choose([...event.dataTransfer.files]);
    }

    // -- dialogs over the conversation

    #openSheet(title, ...content) {
      this.whenDismissed = null;
      this.sheetFrom = this.host.shadowRoot.activeElement;
      const heading = el("h3", { id: "sheet-title" }, title);
      this.sheetBody.replaceChildren(heading, ...content);
      const card = this.sheetNode.firstChild;
      card.setAttribute("aria-labelledby", "sheet-title");
      this.sheetNode.hidden = false;
      card.focus();
    }

    /** By its cross, the Escape key or a tap beside it. */
    #dismissSheet() {
      const then = this.whenDismissed;
      this.#closeSheet();
      then?.();
    }

    #closeSheet() {
      this.sheetNode.hidden = true;
      this.sheetBody.replaceChildren();
      (this.sheetFrom || this.input).focus();
    }

    #keepFocusInSheet(event) {
      const stops = [...this.sheetNode.querySelectorAll("button:not(:disabled), input")];
      const at = stops.indexOf(this.host.shadowRoot.activeElement);
      const next = (at + (event.shiftKey ? stops.length - 1 : 1) + (at < 0 && event.shiftKey ? 1 : 0)) % stops.length;
      event.preventDefault();
      stops[next]?.focus();
    }

    async #showLink() {
      this.elsewhere.disabled = true;
      try {
        const { url, qr } = await this.chat.makeLink();
        this.#openSheet(TEXT.devicesTitle, ...this.#linkContent(url, qr));
      } catch (error) {
        this.#notify(error.words || TEXT.devicesFailed);
      } finally {
        this.elsewhere.disabled = false;
      }
    }

    #linkContent(url, qr) {
      const field = el("input.link", { readOnly: true, value: url, "aria-label": TEXT.devicesLink });
      field.onfocus = () => field.select();
      const copy = el("button.primary", { type: "button" }, TEXT.copy);
      copy.onclick = async () => {
        field.select();
        try {
          await navigator.clipboard.writeText(url);
        } catch {
          document.execCommand("copy");
        }
        copy.textContent = TEXT.copied;
      };
      const note = el("p.fine", {}, TEXT.devicesNote);
      return [el("p", {}, TEXT.devicesBody), qrPicture(qr), el("div.link-row", {}, field, copy), note];
    }

    /** Opening a link changes nothing by itself: a forwarded one must not put anybody into a stranger's conversation. */
    askToContinue(code) {
      this.open({ focus: false, start: false });
      const yes = el("button.primary", { type: "button" }, TEXT.continueYes);
      const no = el("button.plain", { type: "button" }, TEXT.continueNo);
      const problem = el("p.problem", { role: "alert", hidden: true });
      no.onclick = () => this.#dismissSheet();
      yes.onclick = () => this.#goOn(code, yes, problem);
      const words = [el("p", {}, TEXT.continueBody), ...(this.chat.conversationId ? [el("p", {}, TEXT.continueReplaces)] : [])];
      this.#openSheet(TEXT.continueTitle, el("div.mark", {}, icon("devices")), ...words, problem, el("div.choices", {}, yes, no));
      this.whenDismissed = () => {
        this.chat.start();
        this.chat.emit("continued", false);
      };
    }

    async #goOn(code, button, problem) {
      button.disabled = true;
      try {
        await this.chat.continueWith(code);
        this.#closeSheet();
        this.chat.emit("continued", true);
      } catch (error) {
        problem.textContent = error.words || TEXT.continueFailed;
        problem.hidden = false;
        button.disabled = Boolean(error.words);
      }
    }

    #rated(answer) {
      if (!this.chat.rate(answer)) this.#notify(TEXT.rateLater);
    }

    #requestHuman() {
      this.chat.send("postback", TEXT.requestHuman, HUMAN_PAYLOAD);
      this.#scrollToEnd();
    }

    #chooseReply(message, button) {
      this.chosen.set(message.seq, button.title);
      this.chat.send("postback", button.title, button.payload || "");
      this.#scrollToEnd();
      if (!this.phone.matches) this.input.focus();
    }

    #notify(text) {
      this.noticeBar.show(text, false);
      clearTimeout(this.noticeTimer);
      this.noticeTimer = setTimeout(() => this.noticeBar.hide(), 6_000);
    }

    /** A short break isn't worth a bar. */
    #connectionChanged(state) {
      if (state === "online") {
        clearTimeout(this.offlineTimer);
        this.offlineTimer = null;
        this.offlineShown = false;
      } else if (state !== "connecting") {
        this.offlineTimer ||= setTimeout(() => this.#showOffline(), OFFLINE_BAR_AFTER);
      }
    }

    #showOffline() {
      this.offlineShown = true;
      this.render();
    }

    // -- open and close

    /** A window that opens by itself must not take the focus from the page. */
    open({ focus = true, start = true } = {}) {
      if (this.opened) return;
      this.opened = true;
      this.panel.hidden = false;
      if (start) this.chat.start();
      this.#lockPage(true);
      this.#fitViewport();
      this.render();
      this.#scrollToEnd();
      if (focus) (this.phone.matches ? this.collapse : this.input).focus();
      this.chat.emit("open");
    }

    close() {
      if (!this.opened || this.settings.page) return;
      this.opened = false;
      this.panel.hidden = true;
      this.#lockPage(false);
      this.render();
      this.launcher.focus();
      this.chat.emit("close");
    }

    /** On a phone the window covers the page, which must not scroll behind it. */
    #lockPage(on) {
      const page = document.documentElement;
      if (on && this.phone.matches) {
        this.pageOverflow = page.style.overflow;
        page.style.overflow = "hidden";
      } else if (this.pageOverflow !== undefined) {
        page.style.overflow = this.pageOverflow;
        this.pageOverflow = undefined;
      }
    }

    /** The on-screen keyboard of iOS covers the layout viewport without shrinking it. */
    #fitViewport() {
      if (!this.phone.matches || !window.visualViewport) return;
      this.panel.style.setProperty("--viewport", `${window.visualViewport.height}px`);
      if (this.atEnd) this.#scrollToEnd();
    }

    #fitInput() {
      this.input.style.height = "";
      if (this.input.value) this.input.style.height = `${Math.min(this.input.scrollHeight, 126)}px`;
    }

    // -- rendering

    schedule() {
      if (this.scheduled) return;
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        this.render();
      });
    }

    render() {
      this.wrap.classList.toggle("opened", this.opened);
      if (this.opened && document.visibilityState === "visible") this.chat.markRead();
      this.#renderHeader();
      this.#renderConnection();
      this.#renderMode();
      this.#renderComposer();
      this.#renderLog();
      this.#renderLauncher();
      this.elsewhere.hidden = !this.chat.connection.token || this.chat.messages.size === 0;
    }

    #renderLauncher() {
      const unread = this.opened ? 0 : this.chat.unread;
      if (unread !== this.shownUnread) this.chat.emit("unread", unread);
      this.shownUnread = unread;
      this.badge.hidden = unread === 0;
      this.badge.textContent = unread > 99 ? "99+" : String(unread);
      const label = unread ? TEXT.openUnread(unread) : TEXT.open;
      this.launcher.setAttribute("aria-label", this.opened ? TEXT.close : label);
      this.launcher.setAttribute("aria-expanded", String(this.opened));
      const wanted = this.opened ? "down" : "chat";
      if (this.launcherIcon.dataset.icon !== wanted) this.launcherIcon.replaceChildren(icon(wanted));
      this.launcherIcon.dataset.icon = wanted;
    }

    #renderHeader() {
      const { mode, agent_name: name } = this.chat.mode;
      const online = this.chat.connection.state === "online";
      const words = { bot: TEXT.subtitleBot, queued: TEXT.subtitleQueued, human: TEXT.subtitleHuman(name) };
      setText(this.subtitle, online || !this.opened ? words[mode] || TEXT.subtitleBot : TEXT.subtitleConnecting);
      this.subtitle.classList.toggle("away", !online || mode === "queued");
      this.toHuman.disabled = mode !== "bot";
    }

    #renderConnection() {
      const { state, everOnline } = this.chat.connection;
      if (state === "replaced") return void this.connectionBar.show(TEXT.replaced, true);
      if (!this.offlineShown) return void this.connectionBar.hide();
      const offline = this.chat.outbox.next() ? TEXT.offlineSaved : TEXT.offline;
      this.connectionBar.show(everOnline ? offline : TEXT.unavailable, false);
    }

    #renderMode() {
      const { mode, agent_name: name, queue_position: ahead } = this.chat.mode;
      this.modeBar.node.className = `bar ${mode}`;
      if (mode === "human") this.modeBar.show(TEXT.human(name), false);
      else if (mode === "queued") this.modeBar.show(ahead == null ? TEXT.queuedUnknown : TEXT.queued(ahead - 1), true);
      else this.modeBar.hide();
      this.input.placeholder = mode === "human" ? TEXT.placeholderHuman(name) : TEXT.placeholder;
    }

    #charsLeft() {
      const text = this.input.value.trim();
      const { max_chars: maxChars, max_bytes: maxBytes } = this.chat.limits;
      const left = maxChars - [...text].length;
      const bytesLeft = maxBytes - 512 - new TextEncoder().encode(JSON.stringify(text)).length;
      return bytesLeft < 0 ? Math.min(left, Math.floor(bytesLeft / 3)) : left;
    }

    #renderComposer() {
      const left = this.#charsLeft();
      this.sendButton.disabled = (!this.input.value.trim() && !this.tray.length) || left < 0;
      this.counter.hidden = left > this.chat.limits.max_chars * 0.2;
      this.counter.classList.toggle("over", left < 0);
      this.input.setAttribute("aria-invalid", String(left < 0));
      setText(this.counter, this.counter.hidden ? "" : TEXT.counter(left));
    }

    #renderLog() {
      const { chat } = this;
      const stick = this.#nearEnd();
      const from = this.log.scrollHeight - this.log.scrollTop;
      const entries = this.#entries();
      this.log.setAttribute("aria-busy", String(chat.catchingUp));
      this.log.classList.toggle("fresh", this.opened && !chat.catchingUp && this.rows.size > 0);
      const grew = this.#place(entries);
      // Not while connecting: a greeting of the server's own may be on its way.
      const settled = chat.connection.state === "online" || this.offlineShown;
      this.welcome.hidden = entries.length > 0 || chat.catchingUp || !settled;
      this.typing.node.hidden = !chat.typing;
      this.typing.as(chat.mode);
      if (this.ratingCard.show(chat.catchingUp || chat.typing ? null : chat.rating) && stick) this.atEnd = true;
      this.earlier.hidden = !["loading", "failed"].includes(chat.earlier);
      setText(this.earlier, chat.earlier === "failed" ? TEXT.earlierFailed : TEXT.earlier);
      this.#keepScroll(stick, grew, from);
    }

    /** What stands in the log, in order: a message from the server, one waiting to be sent, or a day line. */
    #entries() {
      const sent = [...this.chat.messages.values()].sort((a, b) => a.seq - b.seq);
      const waiting = this.chat.outbox.items.map((item) => ({ ...item, author: "customer", client_id: item.id, attachments: item.files }));
      const messages = [...sent, ...waiting];
      const active = this.#activeReplies(sent);
      const entries = [];
      messages.forEach((message, i) => {
        const before = messages[i - 1];
        const newDay = !before || dayKey(before.ts) !== dayKey(message.ts);
        if (newDay) entries.push({ key: `day:${dayKey(message.ts)}`, day: message.ts });
        const first = newDay || !sameGroup(before, message);
        const last = !messages[i + 1] || !sameGroup(message, messages[i + 1]);
        const key = message.client_id ? `mine:${message.client_id}` : `seq:${message.seq}`;
        entries.push({ key, message, first, last, active: message.seq !== undefined && message.seq === active });
      });
      return entries;
    }

    /** Sequence number of the message whose quick replies still count: the bot's newest, unless a person has spoken since. */
    #activeReplies(sent) {
      for (let i = sent.length - 1; i >= 0; i -= 1) {
        if (sent[i].author === "agent") return null;
        if (sent[i].author === "bot") return this.chosen.has(sent[i].seq) ? null : sent[i].seq;
      }
      return null;
    }

    /** Nodes are made once and moved only when out of place, so that a screen reader hears each message once. */
    #place(entries) {
      const wanted = new Set(entries.map((entry) => entry.key));
      for (const [key, row] of this.rows) if (!wanted.has(key)) this.#drop(key, row);
      let at = this.welcome.nextSibling;
      let added = null;
      for (const entry of entries) {
        const known = this.rows.get(entry.key);
        const row = known || this.#makeRow(entry);
        if (!known) added = entry;
        row.update?.(entry);
        if (row.node === at) at = at.nextSibling;
        else this.log.insertBefore(row.node, at);
      }
      return added;
    }

    #drop(key, row) {
      row.node.remove();
      this.rows.delete(key);
    }

    #makeRow(entry) {
      const row = this.#rowOf(entry);
      this.rows.set(entry.key, row);
      return row;
    }

    #rowOf(entry) {
      if (entry.day) return { node: el("div.day", {}, dayName(entry.day)) };
      if (entry.message.author === "customer") return mineRow(entry.message, this.chat.previews, (item) => this.#again(item));
      if (entry.message.author === "system") return { node: el("div.system", {}, renderMarkdown(entry.message.text)) };
      return answerRow(entry.message, {
        choose: (button) => this.#chooseReply(entry.message, button),
        chosen: () => this.chosen.get(entry.message.seq),
      });
    }

    // -- scrolling

    #nearEnd() {
      return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    }

    #keepScroll(stick, added, fromEnd) {
      const isLast = added && added.last;
      if (stick || (isLast && added.message?.state)) this.#scrollToEnd();
      else if (isLast) this.toBottom.hidden = false;
      else if (added) this.log.scrollTop = this.log.scrollHeight - fromEnd;
    }

    #scrollToEnd() {
      this.log.scrollTop = this.log.scrollHeight;
      this.atEnd = true;
      this.toBottom.hidden = true;
    }

    #scrolled() {
      this.atEnd = this.#nearEnd();
      if (this.atEnd) this.toBottom.hidden = true;
      if (this.log.scrollTop < 48 && !this.chat.catchingUp) this.chat.loadEarlier();
    }
  }

  function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function sameGroup(a, b) {
    return a.author === b.author && (a.author_name || "") === (b.author_name || "") && b.ts - a.ts < GROUP_WITHIN;
  }

  function bar(kind, iconName) {
    const text = el("span", {});
    const button = el("button", { type: "button", hidden: true });
    const node = el(`div.bar.${kind}`, { role: "status", hidden: true }, icon(iconName), text, button);
    return {
      node,
      button,
      show(words, withButton) {
        setText(text, words);
        button.hidden = !withButton;
        node.hidden = false;
      },
      hide() {
        node.hidden = true;
      },
    };
  }

  function avatar(author, name) {
    if (author === "agent") return el("div.avatar.person", { "aria-hidden": "true" }, [...name][0] || "人");
    return el("div.avatar", { "aria-hidden": "true" }, icon("parcel"));
  }

  function typingRow() {
    const face = el("div", { style: "display:contents" }, avatar("bot", ""));
    const bubble = el("div.bubble", {}, el("span.visually-hidden", {}, TEXT.typing), el("i"), el("i"), el("i"));
    const node = el("div.row.first.typing", { hidden: true, "aria-live": "off" }, face, el("div.content", {}, bubble));
    let shown = "bot";
    return {
      node,
      as({ mode, agent_name: name }) {
        const who = mode === "human" ? name : "bot";
        if (who !== shown) face.replaceChildren(avatar(mode === "human" ? "agent" : "bot", name));
        shown = who;
      },
    };
  }

  function mineRow(message, previews, retry) {
    const meta = el("div.meta");
    const said = el("span.visually-hidden", {}, `${TEXT.you}：`);
    const bubble = message.text ? el("div.bubble", {}, said, message.text) : null;
    const files = el("div.files", { hidden: true });
    // The customer knows what they wrote: no need to read it back.
    const node = el("div.row.mine", { "aria-live": "off" }, el("div.content", {}, files, bubble, meta));
    let shown = "";
    let shownFiles = "";
    return {
      node,
      update({ message: now, first, last }) {
        node.className = `row mine${first ? " first" : ""}${last ? " last" : ""}`;
        node.classList.toggle("pending", ["queued", "sending", "uploading"].includes(now.state));
        node.classList.toggle("failed", now.state === "failed");
        const looks = JSON.stringify((now.attachments || []).map((each) => [each.key || each.id, each.url, previews.has(each.key)]));
        if (looks !== shownFiles) showFiles(files, now.attachments || [], previews);
        shownFiles = looks;
        const state = `${now.state || "sent"}|${now.reason || ""}|${now.progress || 0}|${last ? clock(now.ts) : ""}`;
        if (state !== shown) mineMeta(meta, now, last, () => retry(now));
        shown = state;
      },
    };
  }

  function mineMeta(meta, message, last, retry) {
    const failed = message.state === "failed";
    meta.classList.toggle("alert", failed);
    meta.hidden = !failed && !message.state && !last;
    if (failed) {
      const again = el("button", { type: "button", onclick: retry }, message.refused ? TEXT.edit : TEXT.retry);
      meta.setAttribute("role", "alert");
      meta.replaceChildren(icon("alert"), message.reason || TEXT.failed, again);
      return;
    }
    meta.removeAttribute("role");
    if (message.state === "uploading") return void meta.replaceChildren(...uploadMeta(message.progress || 0));
    meta.replaceChildren({ queued: TEXT.waiting, sending: TEXT.sending }[message.state] || clock(message.ts));
  }

  function uploadMeta(percent) {
    const bar = el("progress", { max: 100, value: percent, "aria-label": TEXT.uploading(percent) });
    return [bar, TEXT.uploading(percent)];
  }

  /** Pictures side by side, then everything else below one another. */
  function showFiles(node, attachments, previews) {
    const pictures = attachments.filter((each) => each.kind === "image").map((each) => pictureOf(each, previews));
    const others = attachments.filter((each) => each.kind !== "image").map((each) => fileOf(each));
    const gallery = pictures.length ? [el(`div.pictures${pictures.length > 1 ? ".several" : ""}`, {}, ...pictures)] : [];
    node.replaceChildren(...gallery, ...others);
    node.hidden = attachments.length === 0;
  }

  function pictureOf(attachment, previews) {
    const name = attachment.name || TEXT.picture;
    const source = previews?.get(attachment.key) || attachment.thumb || attachment.url;
    const image = source ? el("img", { alt: name, src: source, loading: "lazy", decoding: "async" }) : el("span.gone", {}, icon("file"), name);
    image.onerror = () => image.replaceWith(el("span.gone", {}, icon("alert"), TEXT.pictureGone));
    if (!attachment.url) return el("span.picture", {}, image);
    const opens = { href: attachment.url, target: "_blank", rel: "noopener noreferrer", "aria-label": TEXT.openPicture(name) };
    return el("a.picture", opens, image);
  }

  function fileOf(attachment) {
    const name = attachment.name || TEXT.place;
    if (attachment.kind === "location") return el("span.file", {}, icon("place"), el("span", {}, name));
    if (attachment.kind === "voice" && attachment.url) return el("audio", { controls: true, preload: "none", src: attachment.url });
    const face = fileFace(name, attachment.size);
    if (!attachment.url) return face;
    const opens = { href: attachment.url, target: "_blank", rel: "noopener noreferrer" };
    return el("a.file-link", { ...opens, "aria-label": TEXT.openFile(name, sizeOf(attachment.size)) }, face);
  }

  function fileFace(name, size) {
    const words = el("span.file-words", {}, el("span.file-name", {}, name), el("span.file-size", {}, sizeOf(size || 0)));
    return el("span.file", {}, icon("file"), words);
  }

  /** Rows of "1" (dark) and "0" as one path; always dark on light, for readers that know nothing else. */
  function qrPicture(rows) {
    const size = rows.length + 8;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    svg.setAttribute("class", "qr");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", TEXT.devicesQr);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const runs = rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index + 4} ${y + 4}h${run[0].length}v1h-${run[0].length}z`));
    path.setAttribute("d", runs.join(""));
    svg.append(path);
    return svg;
  }

  /** Stars, then why, then send; a small "thank you" when it is done. */
  function ratingCard(answer) {
    const title = el("h3", { id: "rate-title" });
    const stars = el("div.stars", { role: "radiogroup", "aria-labelledby": "rate-title" });
    const said = el("div.said", { "aria-live": "polite" });
    const why = el("div.why", { role: "group", "aria-label": TEXT.rateWhy, hidden: true });
    const comment = el("textarea.comment", { rows: 2, maxLength: 500, hidden: true, placeholder: TEXT.rateComment, "aria-label": TEXT.rateComment });
    const send = el("button.primary", { type: "button", hidden: true }, TEXT.rateSend);
    const skip = el("button.plain", { type: "button" }, TEXT.rateSkip);
    const node = el("div.rating", { role: "group", "aria-labelledby": "rate-title", hidden: true }, title, stars, said, why, comment);
    node.append(el("div.choices", {}, send, skip));
    const thanks = el("div.thanks", { hidden: true }, icon("check"), TEXT.rateThanks);
    node.append(thanks);
    let of = null;
    let score = 0;

    function choose(value) {
      score = value;
      [...stars.children].forEach((star, i) => star.classList.toggle("lit", i < value));
      said.textContent = TEXT.stars[value - 1];
      const reasons = (value <= 3 ? of.reasons.low : of.reasons.high) || [];
      why.replaceChildren(...reasons.map((reason) => reasonBox(reason)));
      why.hidden = reasons.length === 0;
      comment.hidden = send.hidden = false;
      node.scrollIntoView?.({ block: "nearest" });
    }

    send.onclick = () => {
      const reasons = [...why.querySelectorAll("input:checked")].map((box) => box.value);
      answer({ score, reasons, comment: comment.value.trim() });
    };
    skip.onclick = () => answer({ score: null });

    function begin(rating) {
      of = rating;
      score = 0;
      title.textContent = rating.about === "agent" ? TEXT.rateAgent(rating.name) : TEXT.rateBot;
      stars.replaceChildren(...TEXT.stars.map((words, i) => starOf(i + 1, words, rating.seq, choose)));
      said.textContent = comment.value = "";
      why.hidden = comment.hidden = send.hidden = true;
    }

    return {
      node,
      /** Returns whether something new is shown. */
      show(rating) {
        const isNew = Boolean(rating) && (node.hidden || of?.seq !== rating.seq);
        if (rating && of?.seq !== rating.seq) begin(rating);
        node.hidden = !rating;
        if (!rating) of = null;
        const isDone = rating?.state === "done";
        node.classList.toggle("done", isDone);
        thanks.hidden = !isDone;
        return isNew;
      },
    };
  }

  function starOf(value, words, seq, choose) {
    const field = el("input", { type: "radio", name: `stars-${seq}`, value: String(value), "aria-label": TEXT.star(value, words) });
    field.onchange = () => choose(value);
    return el("label.star", { title: words }, field, icon("star"));
  }

  function reasonBox({ code, text }) {
    return el("label.reason", {}, el("input", { type: "checkbox", value: code }), el("span", {}, text));
  }

  function answerRow(message, replies) {
    const name = message.author_name || (message.author === "agent" ? TEXT.agentName : TEXT.botName);
    const meta = el("div.meta", {}, clock(message.ts));
    const buttons = message.buttons.map((button) => {
      const node = el("button.reply", { type: "button" }, button.title);
      node.onclick = () => replies.choose(button);
      return node;
    });
    const bubble = message.text ? el("div.bubble", {}, renderMarkdown(message.text)) : null;
    const files = el("div.files");
    showFiles(files, message.attachments || [], null);
    const choices = buttons.length ? el("div.replies", { role: "group" }, ...buttons) : null;
    const node = el("div.row", {}, avatar(message.author, name), el("div.name", {}, name), el("div.content", {}, bubble, files, choices, meta));
    return {
      node,
      update({ first, last, active }) {
        node.className = `row${first ? " first" : ""}${last ? " last" : ""}`;
        meta.hidden = !last;
        const chosen = replies.chosen();
        buttons.forEach((button) => {
          button.disabled = !active;
          button.classList.toggle("chosen", button.textContent === chosen);
        });
      },
    };
  }

  // ---------------------------------------------------------------- start and API

  const chat = new Chat(options);
  let view = null;
  const waiting = [];

  function whenReady(run) {
    if (view) run();
    else waiting.push(run);
  }

  function start() {
    view = new View(chat, options);
    if (chat.outbox.items.some((item) => item.files.length)) chat.restorePreviews();
    if (chat.known && !waiting.some((run) => run.holds)) chat.start();
    if (options.open === "true" || (options.open === "desktop" && matchMedia(ROOMY).matches)) view.open({ focus: false });
    for (const run of waiting.splice(0)) run();
    chat.emit("ready");
  }

  window.KuaidaChat = Object.freeze({
    version: VERSION,
    open: () => whenReady(() => view.open()),
    close: () => whenReady(() => view.close()),
    /** Sends as if the customer had written it, and shows the conversation. With a payload it counts as a tap on a quick reply. */
    send: (text, payload) =>
      whenReady(() => {
        view.open();
        chat.send(payload ? "postback" : "text", String(text).trim(), payload || "");
      }),
    /** Who is logged in on the page, as its server signed it: `{user_id, hash, phone, phone_hash}`. */
    identify: (identity) => chat.identify(identity),
    /** Nobody is: the next person at this browser begins anew. */
    logout: () => chat.logout(),
    /** Asks whether to go on with the conversation of a link (`/c/CODE`) and does. */
    continueWith: (code) => whenReady(Object.assign(() => view.askToContinue(code), { holds: true })),
    /** Events: continued, ready, open, close, message, mode, unread, status, error. Returns a function that stops listening. */
    on: (event, listener) => chat.on(event, listener),
  });

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
})();
