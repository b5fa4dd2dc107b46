import { expect, it } from 'vitest';
import { knownImage } from './known-images.js';

it('knows the port of common images, whatever registry and tag', () => {
  expect(knownImage('vllm/vllm-openai:v0.8.4')).toEqual({ program: 'vLLM', port: 8000 });
  expect(knownImage('registry.example.com/mirror/Ollama/ollama@sha256:abc')).toEqual({
    program: 'Ollama',
    port: 11_434,
  });
  expect(knownImage('ghcr.io/huggingface/text-generation-inference:3')).toMatchObject({ port: 80 });
  expect(knownImage('quay.io/jupyter/pytorch-notebook')).toMatchObject({ program: 'Jupyter', port: 8888 });
  // Both names are in it: what listens is the interface.
  expect(knownImage('ghcr.io/open-webui/open-webui:ollama')).toMatchObject({ program: 'Open WebUI' });
});

it('claims nothing of others', () => {
  expect(knownImage('')).toBeNull();
  expect(knownImage('axolotl/axolotl:0.9')).toBeNull();
  expect(knownImage('example/nginx-exporter:1')).toBeNull();
});
