// A select; what was chosen is the form's to send.
export default {
  template: `<select :name="name"><option v-for="[value, text] in options" :key="value" :value="value" :selected="value === chosen">{{ text }}</option></select>`,
  props: { name: String, options: Array, chosen: String },
};
