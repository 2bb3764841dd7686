/* A picture that is larger than the server takes is cropped here: a square frame over it, which a mouse, a finger or the
   keyboard moves. What comes out goes into the file input, so that preview and form go on as with any other file. */
(() => {
  "use strict";

  const MAX_SIDE = 512;
  const MAX_BYTES = 1048576;
  const SHOWN_SIDE = 640;
  const STEP = 0.02;
  const GROWTH = 0.05;
  const QUALITY = 0.9;
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const GROWS = { "+": 1, "=": 1, "-": -1, _: -1 };
  const GIF_FRAME = /\0!\xf9\x04[^]{4}\0[,!]/;

  const find = (id) => document.getElementById(id);
  // Without an id: htmx copies the attributes of an element to the new one of its id, and the policy forbids styles.
  const square = () => document.querySelector(".crop-frame");
  const isOpen = () => find("crop")?.hidden === false;
  const within = (value, most) => Math.min(Math.max(value, 0), most);

  // What is cropped: the pixels, upright as EXIF has them, the file's type, and the frame in pixels of the picture.
  let picture = null;
  let frame = null;
  let grip = null;
  const checked = new WeakSet(); // files that need no frame

  // Choosing a file

  async function onChange(event) {
    const input = event.target;
    if (input.id !== "avatar" || checked.has(input.files[0])) return;
    close();
    const [file] = input.files;
    if (!file || !window.createImageBitmap) return;
    event.stopPropagation();
    const upright = createImageBitmap(file, { imageOrientation: "from-image" });
    const [bitmap, bytes] = await Promise.all([upright, file.arrayBuffer()]).catch(() => []);
    if (input.files[0] !== file) return; // another one was chosen meanwhile
    const isLarger = bitmap && (Math.max(bitmap.width, bitmap.height) > MAX_SIDE || file.size > MAX_BYTES);
    if (isLarger) open(file, bitmap, bytes);
    else goOn(input);
  }

  // To htmx, which shows the preview, or the server's message.
  function goOn(input) {
    checked.add(input.files[0]);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function open(file, bitmap, bytes) {
    const side = Math.min(bitmap.width, bitmap.height);
    picture = { bitmap, type: file.type, name: file.name, smaller: side };
    frame = { x: (bitmap.width - side) / 2, y: (bitmap.height - side) / 2, side };
    find("avatar-preview").replaceChildren();
    find("crop-animated").hidden = !isAnimated(bytes);
    find("crop").hidden = false;
    draw();
    show();
    square().focus();
  }

  function isAnimated(bytes) {
    const text = new TextDecoder("latin1").decode(bytes);
    if (text.startsWith("GIF8")) return text.split(GIF_FRAME).length > 2;
    if (text.startsWith("RIFF")) return text.slice(12, 64).includes("ANIM");
    return text.startsWith("PNG", 1) && text.slice(0, text.indexOf("IDAT")).includes("acTL");
  }

  function close() {
    picture?.bitmap.close();
    picture = frame = grip = null;
    find("crop").hidden = true;
    find("crop-status").textContent = "";
  }

  // The frame

  function draw() {
    const canvas = find("crop-picture");
    const { bitmap } = picture;
    const scale = Math.min(1, SHOWN_SIDE / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }

  function show() {
    const { bitmap, smaller } = picture;
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    const { style } = square();
    style.left = percent(frame.x, bitmap.width);
    style.top = percent(frame.y, bitmap.height);
    style.width = percent(frame.side, bitmap.width);
    style.height = percent(frame.side, bitmap.height);
    find("crop-size").value = Math.round((100 * frame.side) / smaller);
  }

  function announce() {
    const { bitmap, smaller } = picture;
    const values = {
      left: frame.x / Math.max(1, bitmap.width - frame.side),
      top: frame.y / Math.max(1, bitmap.height - frame.side),
      size: frame.side / smaller,
    };
    const { place } = square().dataset;
    find("crop-status").textContent = place.replace(/\{(\w+)\}/g, (_, name) => Math.round(100 * values[name]));
  }

  function move(x, y) {
    frame.x = within(x, picture.bitmap.width - frame.side);
    frame.y = within(y, picture.bitmap.height - frame.side);
    show();
  }

  // About its middle.
  function resize(part) {
    const least = find("crop-size").min / 100;
    const side = Math.min(Math.max(part, least), 1) * picture.smaller;
    const [x, y] = [frame.x + (frame.side - side) / 2, frame.y + (frame.side - side) / 2];
    frame.side = side;
    move(x, y);
    announce();
  }

  function onKey(event) {
    if (!isOpen() || event.target !== square() || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEP * picture.smaller;
    const direction = MOVES[event.key];
    if (direction) move(frame.x + direction[0] * step, frame.y + direction[1] * step);
    else if (event.key in GROWS) resize(frame.side / picture.smaller + GROWS[event.key] * GROWTH);
    else return;
    event.preventDefault();
    announce();
  }

  // A press beside the frame brings it there; a press on it takes hold of it.
  function onPress(event) {
    const stage = event.target.closest?.("#crop-stage");
    if (!stage || !isOpen() || event.button) return;
    const box = stage.getBoundingClientRect();
    const scale = picture.bitmap.width / box.width;
    if (event.target !== square()) {
      move((event.clientX - box.left) * scale - frame.side / 2, (event.clientY - box.top) * scale - frame.side / 2);
      return;
    }
    event.target.setPointerCapture(event.pointerId);
    grip = { scale, x: frame.x - event.clientX * scale, y: frame.y - event.clientY * scale };
  }

  function onDrag(event) {
    if (grip) move(grip.x + event.clientX * grip.scale, grip.y + event.clientY * grip.scale);
  }

  function onRelease() {
    grip = null;
  }

  // What comes out

  async function cropped() {
    const side = Math.max(1, Math.round(Math.min(MAX_SIDE, frame.side)));
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture.bitmap, frame.x, frame.y, frame.side, frame.side, 0, 0, side, side);
    const blob = picture.type === "image/jpeg" ? null : await encoded(canvas, "image/png");
    if (blob && blob.size < MAX_BYTES) return blob;
    context.globalCompositeOperation = "destination-over"; // JPEG has no transparency, and would make it black
    context.fillStyle = "white";
    context.fillRect(0, 0, side, side);
    return encoded(canvas, "image/jpeg");
  }

  function encoded(canvas, type) {
    return new Promise((resolve) => canvas.toBlob(resolve, type, QUALITY));
  }

  async function use() {
    const name = picture.name.replace(/\.\w+$/, "");
    const blob = await cropped();
    const transfer = new DataTransfer();
    transfer.items.add(new File([blob], `${name}.${blob.type.slice(6)}`, { type: blob.type }));
    const input = find("avatar");
    input.files = transfer.files;
    close();
    return input;
  }

  async function onClick(event) {
    if (event.target.closest?.("#crop-use")) {
      goOn(await use());
      find("picture-save").focus();
    } else if (event.target.closest?.("#crop-cancel")) {
      close();
      find("avatar").value = "";
      find("avatar").focus();
    }
  }

  // Saving while the frame is shown saves what is in it.
  async function onSubmit(event) {
    if (event.target.id !== "picture-form" || !isOpen()) return;
    event.preventDefault();
    event.stopPropagation();
    await use();
    event.target.requestSubmit();
  }

  // On the window, before the listeners of htmx and app.js, which would send the file as it is.
  window.addEventListener("change", onChange, { capture: true });
  window.addEventListener("submit", onSubmit, { capture: true });
  document.addEventListener("input", (event) => event.target.id === "crop-size" && resize(event.target.value / 100));
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onPress);
  document.addEventListener("pointermove", onDrag);
  document.addEventListener("pointerup", onRelease);
  document.addEventListener("pointercancel", onRelease);
})();
