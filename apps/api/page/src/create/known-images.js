/**
 * The ports on which well-known images listen, so that nobody has to look them up. Each is the port that the image's own
 * documentation names for its web interface or API.
 */

/**
 * @typedef {object} KnownImage
 * @property {string} program as people call it
 * @property {number} port it answers http there
 */

/** The first that is found in the name of an image counts. @type {readonly (readonly [RegExp, string, number])[]} */
const KNOWN = [
  [/open-webui/, 'Open WebUI', 8080],
  [/vllm/, 'vLLM', 8000],
  [/sglang/, 'SGLang', 30_000],
  [/ollama/, 'Ollama', 11_434],
  [/text-generation-inference/, 'Text Generation Inference', 80],
  [/text-embeddings-inference/, 'Text Embeddings Inference', 80],
  [/tritonserver/, 'Triton', 8000],
  [/llama\.cpp|llama-cpp/, 'llama.cpp', 8080],
  [/localai/, 'LocalAI', 8080],
  [/xinference/, 'Xinference', 9997],
  [/comfy-?ui/, 'ComfyUI', 8188],
  [/stable-diffusion-webui|automatic1111/, 'Stable Diffusion WebUI', 7860],
  [/whisper-asr-webservice/, 'Whisper ASR', 9000],
  [/faster-whisper-server|speaches/, 'Speaches', 8000],
  [/code-server/, 'code-server', 8080],
  [/jupyter|scipy-notebook|pytorch-notebook/, 'Jupyter', 8888],
  [/tensorboard/, 'TensorBoard', 6006],
  [/(^|\/)nginx(:|@|$)/, 'nginx', 80],
];

/**
 * @param {string} image as it was typed, with registry and tag
 * @returns {KnownImage | null}
 */
export function knownImage(image) {
  const name = image.trim().toLowerCase();
  const found = name === '' ? undefined : KNOWN.find(([pattern]) => pattern.test(name));
  return found === undefined ? null : { program: found[1], port: found[2] };
}
