export type PortType = 'tcp' | 'http';

export interface PortSpec {
  readonly port: number;
  readonly type: PortType;
}

export interface ToolSpec extends PortSpec {
  readonly name: string;
}

export interface EnvSpec {
  readonly key: string;
  readonly value: string;
}

export interface TemplatePorts {
  readonly type: PortType | 'udp';
  readonly ports: readonly number[];
}

export interface Template {
  readonly Id: string;
  readonly name: string;
  readonly readme: string;
  readonly type: string;
  readonly channel: 'official' | 'community' | 'private';
  readonly image: string;
  /** Id of a registry login; empty when the image is public. */
  readonly imageAuth: string;
  readonly startCommand: string;
  readonly entrypoint: string;
  /** GB. */
  readonly rootfsSize: number;
  readonly ports: readonly TemplatePorts[];
  readonly volumes: readonly { readonly type: string; readonly size: number; readonly mountPath: string }[];
  readonly envs: readonly EnvSpec[];
  readonly tools: readonly (ToolSpec & { readonly describe: string })[];
  readonly minCudaVersion: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

/** The login that the private templates use. */
export const TEAM_REGISTRY_AUTH_ID = 'k3v9x2m7q1w8e5r4t6y0u2i3o9p1a7s5';

const JUPYTER = { name: 'Jupyter', describe: 'JupyterLab', port: 8888, type: 'http' } as const;
const PUBLISHED = 1_735_689_600;

const plain = {
  type: 'instance',
  imageAuth: '',
  startCommand: '',
  entrypoint: '',
  volumes: [],
  envs: [],
  tools: [],
  minCudaVersion: '',
  createdAt: PUBLISHED,
} as const;

export const TEMPLATES: readonly Template[] = [
  {
    ...plain,
    Id: '212',
    name: 'PyTorch 2.8 CUDA 12.8',
    readme: '# PyTorch\n\nPyTorch with CUDA, JupyterLab included.',
    channel: 'official',
    image: 'registry.example.com/official/pytorch:2.8-cuda12.8',
    startCommand: '/start.sh',
    rootfsSize: 60,
    ports: [
      { type: 'http', ports: [8888] },
      { type: 'tcp', ports: [22] },
    ],
    envs: [{ key: 'JUPYTER_PASSWORD', value: 'change-me' }],
    tools: [JUPYTER],
    minCudaVersion: '12.4',
  },
  {
    ...plain,
    Id: '218',
    name: 'ComfyUI',
    readme: '# ComfyUI\n\nOpen port 8188.',
    channel: 'official',
    image: 'registry.example.com/official/comfyui:0.3.50',
    startCommand: 'python main.py --listen 0.0.0.0 --port 8188',
    rootfsSize: 80,
    ports: [{ type: 'http', ports: [8188] }],
    tools: [JUPYTER],
  },
  {
    ...plain,
    Id: '231',
    name: 'vLLM OpenAI server',
    readme: '# vLLM\n\nAn OpenAI-compatible server on port 8000.',
    channel: 'official',
    image: 'vllm/vllm-openai:v0.11.0',
    startCommand: '--model Qwen/Qwen3-8B --port 8000',
    rootfsSize: 120,
    ports: [{ type: 'http', ports: [8000] }],
    envs: [{ key: 'HF_HOME', value: '/workspace/hf' }],
    minCudaVersion: '12.1',
  },
  {
    ...plain,
    Id: '305',
    name: 'Whisper community build',
    readme: 'Speech to text.',
    channel: 'community',
    image: 'docker.io/community/whisper-server:1.4',
    rootfsSize: 40,
    ports: [{ type: 'http', ports: [9000] }],
  },
  {
    ...plain,
    Id: '410',
    name: 'team-trainer',
    readme: '',
    channel: 'private',
    image: 'registry.example.com/team/trainer:2026.7',
    imageAuth: TEAM_REGISTRY_AUTH_ID,
    startCommand: 'python -m trainer --config /workspace/config.yaml',
    entrypoint: '/usr/bin/tini --',
    rootfsSize: 200,
    ports: [
      { type: 'http', ports: [8080, 6006] },
      { type: 'tcp', ports: [22, 29500] },
    ],
    volumes: [
      { type: 'local', size: 100, mountPath: '/workspace' },
      { type: 'network', size: 500, mountPath: '/network' },
    ],
    envs: [
      { key: 'NCCL_DEBUG', value: 'WARN' },
      { key: 'TOKENIZERS_PARALLELISM', value: 'false' },
    ],
    tools: [JUPYTER],
    minCudaVersion: '12.4',
  },
  {
    ...plain,
    Id: '411',
    name: 'team-inference',
    readme: '',
    channel: 'private',
    image: 'registry.example.com/team/inference:1.9.2',
    imageAuth: TEAM_REGISTRY_AUTH_ID,
    startCommand: 'serve --port 8000',
    rootfsSize: 60,
    ports: [{ type: 'http', ports: [8000, 9090] }],
    envs: [{ key: 'MODEL', value: 'team/large' }],
  },
];
