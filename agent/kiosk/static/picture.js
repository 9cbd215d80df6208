// The live picture over its WebSocket: a picture comes when the one before is drawn, never a queue. Loaded before the page's own script,
// which calls `picture.connect(path, say)`; say is called with each standing.

const live = document.getElementById("live");
const canvas = document.getElementById("picture");
const pen = canvas.getContext("2d");
let image = null;

function draw(data) {
  const head = new DataView(data);
  const width = head.getUint16(4), height = head.getUint16(6);
  if (!image || image.width !== width || image.height !== height) {
    canvas.width = width; canvas.height = height;
    image = pen.createImageData(width, height);
  }
  const grey = new Uint8Array(data, 16);
  const out = new Uint32Array(image.data.buffer);
  for (let at = 0; at < grey.length; at++) out[at] = 0xff000000 | (grey[at] * 0x010101);
  pen.putImageData(image, 0, 0);
  live.dataset.picture = head.getUint32(0);
  const came = head.getFloat64(8);
  requestAnimationFrame(() => setTimeout(() => { // once it is on the screen, as far as a page can know
    const at = performance.timeOrigin + performance.now();
    dispatchEvent(new CustomEvent("drawn", { detail: { at, age: at - came } }));
  }));
}

function clear() {
  pen.fillStyle = "#0c1413";
  pen.fillRect(0, 0, canvas.width, canvas.height);
}

let pause = 250;
function connect(path, say) {
  const socket = new WebSocket(`ws://${location.host}${path}`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { pause = 250; live.dataset.connected = "yes"; };
  socket.onmessage = (event) => {
    if (typeof event.data === "string") say(JSON.parse(event.data));
    else { draw(event.data); socket.send("drawn"); }
  };
  socket.onclose = (event) => {
    if (event.code === 1000 && live.dataset.connected === "ended") return; // the page itself wants no more
    live.dataset.connected = "no";
    clear();
    if (event.code === 4423) { location.reload(); return; } // locked: the pattern is hidden, the capture goes on
    setTimeout(() => connect(path, say), pause);
    pause = Math.min(pause * 2, 5000);
  };
  globalThis.picture.end = () => { live.dataset.connected = "ended"; socket.close(1000); clear(); };
}

globalThis.picture = { clear, connect };
clear();
