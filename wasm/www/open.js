// The ways in: a file chosen or dropped, text or a file pasted.

import { $, button, dialog, h } from "./dom.js";

/** Listens for traffic; `onOpen` is given its bytes and a name. */
export function inputs(onOpen, onError) {
  const file = $("file");
  const read = async (chosen) => {
    try {
      onOpen(new Uint8Array(await chosen.arrayBuffer()), chosen.name || "pasted");
    } catch {
      onError("The file could not be read.");
    }
  };
  const text = (pasted) => pasted.trim() && onOpen(new TextEncoder().encode(pasted), "pasted");

  file.addEventListener("change", () => {
    if (file.files[0]) read(file.files[0]);
    file.value = "";
  });
  for (const opener of document.querySelectorAll(".open"))
    opener.addEventListener("click", () => file.click());

  document.addEventListener("paste", ({ clipboardData, target }) => {
    if (target instanceof Element && target.closest("input, textarea")) return;
    if (clipboardData.files[0]) read(clipboardData.files[0]);
    else text(clipboardData.getData("text/plain"));
  });

  const over = (isOver) => document.body.classList.toggle("over", isOver);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || over(false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const { files } = event.dataTransfer;
    if (files[0]) read(files[0]);
    else text(event.dataTransfer.getData("text/plain"));
  });

  $("paste-form").addEventListener("submit", (event) => {
    event.preventDefault();
    text($("pasted").value);
  });
  $("paste").addEventListener("click", () => {
    const area = h("textarea", {
      rows: 12,
      spellcheck: false,
      className: "mono",
      "aria-label": "Traffic",
    });
    const shown = dialog(
      "Paste traffic",
      area,
      button(
        "Inspect",
        () => {
          shown.close();
          text(area.value);
        },
        { className: "primary" },
      ),
    );
    area.focus();
  });
}
