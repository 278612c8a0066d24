// Evidence on its way in: picked, dropped, pasted or photographed; checked and kept by the server, with progress.
// What is on its way is kept beside the component: the box moves between the page and an open form.
const kept = {};
export default {
  template: `
    <div class="upload" :class="{over}" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="drop" data-testid="upload">
      <p><span class="by-mouse">{{ words.evidence_drop }}</span>
        <label class="pick"><input type="file" multiple hidden @change="pick" accept="image/*,application/pdf,audio/*,video/mp4,text/plain" data-testid="file">{{ words.evidence_pick }}</label>
        <label class="pick camera"><input type="file" hidden accept="image/*" capture="environment" @change="pick">{{ words.evidence_camera }}</label></p>
      <input class="note" type="text" v-model="note" maxlength="500" @keydown.enter.prevent :placeholder="words.evidence_note" :aria-label="words.evidence_note">
      <ul v-if="files.length" class="uploads" aria-live="polite">
        <li v-for="one in files" :key="one.key" :class="one.state"><span class="name">{{ one.name }}</span>
          <progress v-if="one.state === 'going'" :value="one.done" max="100"></progress>
          <span class="said">{{ one.state === 'going' ? words.uploading.replace('{n}', one.done) : one.said }}</span>
          <button v-if="one.state === 'failed'" type="button" class="small" @click="send(one)">{{ words.retry }}</button></li>
      </ul>
    </div>`,
  props: { ticket: String, words: Object },
  emits: ["added"],
  data() {
    return { files: (kept[this.ticket] ??= []), over: false, note: "" };
  },
  mounted() { window.addEventListener("paste", this.paste); },
  unmounted() { window.removeEventListener("paste", this.paste); },
  methods: {
    pick(event) { this.take(event.target.files); event.target.value = ""; },
    drop(event) { this.over = false; this.take(event.dataTransfer.files); },
    paste(event) {
      if (event.clipboardData?.files.length) { event.preventDefault(); this.take(event.clipboardData.files); }
    },
    take(list) {
      for (const file of list) {
        this.files.push({ key: Math.random(), file, name: file.name || "image.png", done: 0, state: "going", said: "", note: this.note });
        this.send(this.files.at(-1));
      }
      this.note = "";
    },
    async send(one) {
      one.state = "going";
      try {
        const taken = await this.post("/api/v1/attachments", this.form(one), (done) => { one.done = done; });
        one.turn ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2, 12)}`;
        const kind = taken.media_type.startsWith("image/") ? "photo" : "scan";
        await this.post(`/api/v1/tickets/${this.ticket}/evidence`, JSON.stringify({ turn: one.turn, kind, attachment: taken.sha256, text: one.note }));
        one.state = "done";
        one.said = this.words.uploaded;
        this.$emit("added", taken.sha256);
      } catch (problem) {
        one.state = "failed";
        one.said = problem.message || this.words.upload_failed;
      }
    },
    form(one) {
      const form = new FormData();
      form.append("file", one.file, one.name);
      return form;
    },
    post(address, body, progress) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", address);
        if (typeof body === "string") request.setRequestHeader("Content-Type", "application/json");
        if (progress) request.upload.onprogress = (e) => e.lengthComputable && progress(Math.round((100 * e.loaded) / e.total));
        request.onerror = () => reject(new Error(this.words.upload_failed));
        request.onload = () => {
          let said = {};
          try { said = JSON.parse(request.responseText); } catch { /* no words came back */ }
          if (request.status < 300) resolve(said);
          else reject(new Error(typeof said.detail === "string" ? said.detail : this.words.upload_failed));
        };
        request.send(body);
      });
    },
  },
};
