// Conveniences only: every page works without this file.
"use strict";

// A button that shows what is typed into a password field.
for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.textContent = shown ? show : button.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
    field.focus();
  });
}

// After a form came back with problems, start reading there.
document.querySelector("[data-focus]")?.focus();

// A choice that usually is the same as another one follows it until it is made.
for (const follower of document.querySelectorAll("select[data-follows]")) {
  const leader = document.getElementById(follower.dataset.follows);
  let led = follower.value;
  leader.addEventListener("change", () => {
    if (follower.value !== led && follower.value !== "") return;
    led = leader.value;
    follower.value = led;
    follower.dispatchEvent(new Event("change"));
  });
}

// A list of documents grouped by country shows the group of the chosen country alone.
for (const list of document.querySelectorAll("select[data-groups-of]")) {
  const chooser = document.getElementById(list.dataset.groupsOf);
  const groups = [...list.querySelectorAll("optgroup")];
  const follow = () => {
    const wanted = chooser.value;
    for (const group of groups) {
      if (!wanted || group.dataset.of === wanted) list.append(group);
      else group.remove();
    }
    const group = groups.find((one) => one.dataset.of === wanted);
    if (list.selectedIndex < 0) list.selectedIndex = 0;
    if (list.value === "" && group && group.children.length === 1) list.value = group.children[0].value;
    const none = Boolean(wanted) && !group;
    for (const part of document.querySelectorAll("[data-when-group]")) part.hidden = none;
    for (const part of document.querySelectorAll("[data-when-no-group]")) part.hidden = !none;
  };
  chooser.addEventListener("change", follow);
  follow();
}

// One send for one press: a second click while the first is on its way does nothing.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

// A chosen photo is shown before it is sent.
for (const field of document.querySelectorAll("input[data-preview]")) {
  const picture = document.getElementById(field.dataset.preview);
  field.addEventListener("change", () => {
    const [file] = field.files;
    picture.hidden = true;
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      picture.src = reader.result;
      picture.hidden = false;
    });
    reader.readAsDataURL(file);
  });
}

// What takes its time says that it is under way.
for (const form of document.querySelectorAll("form[data-busy]")) {
  const button = form.querySelector("button");
  const says = button.textContent;
  button.setAttribute("aria-live", "polite");
  form.addEventListener("submit", () => { button.textContent = form.dataset.busy; });
  window.addEventListener("pageshow", () => { button.textContent = says; });
}
