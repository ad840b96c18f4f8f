// Light or dark: as the system has it, until the button says otherwise.

const KEY = "socklet-theme";

/** Makes `button` change the theme; `onChange` is called when it has. */
export function themes(button, onChange) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = stored();
  const apply = () => {
    const theme = chosen ?? (system.matches ? "dark" : "light");
    document.documentElement.style.colorScheme = theme;
    button.textContent = theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Change to the ${theme === "dark" ? "light" : "dark"} theme`);
    onChange();
  };
  button.addEventListener("click", () => {
    chosen = document.documentElement.style.colorScheme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // It lasts as long as the page, then.
    }
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

function stored() {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
