export default function TransfersPage() {
  return <h1>Transfers</h1>
}
