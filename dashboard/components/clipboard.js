// A button that puts a text on the clipboard. Streamlit's own, on a code block, is no stop of the Tab key.

const TOLD_MILLISECONDS = 2000;

export default function (component) {
  const { parentElement, data } = component;
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
      said.textContent = "copied";
    } catch {
      // Browsers refuse the clipboard to pages that come neither by https nor from this machine.
      said.textContent = "the browser does not allow it: select the text, or save it as a file";
      return;
    }
    setTimeout(() => (said.textContent = ""), TOLD_MILLISECONDS);
  };
}
